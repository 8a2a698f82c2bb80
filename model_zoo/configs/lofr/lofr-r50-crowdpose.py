# CrowdPose, 256x192; "the setting is similar with COCO". Boxes are not stated: annotated ones.
_base_ = ["_lofr.py", "../_base_/crowdpose_data.py"]

train_dataloader = dict(
    total_batch_size=128,
    group_size=32,
    dataset=dict(
        type="LocatedCrowdPoseDataset",
        data_mode="topdown",
        located_share=0.0,
        located_seed=None,
        pipeline=_base_.train_pipeline,
    ),
)
val_dataloader = dict(dataset=dict(data_mode="topdown", pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(score_mode="bbox_keypoint", keypoint_score_thr=0.2, nms_mode="oks_nms", nms_thr=0.9)
test_evaluator = val_evaluator

model = dict(head=dict(num_keypoints=14, skeleton="crowdpose", decoder=_base_.codec))
