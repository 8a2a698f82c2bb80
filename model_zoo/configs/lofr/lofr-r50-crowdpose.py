# CrowdPose, 256x192; "the setting is similar with COCO". Boxes are not stated: annotated ones.
_base_ = ["_lofr.py", "_pipelines.py", "../_base_/loaders.py"]

train_dataloader = dict(
    dataset=dict(
        type="LocatedCrowdPoseDataset",
        located_share=0.0,
        data_root="data/full/crowdpose/",
        ann_file="annotations/mmpose_crowdpose_trainval.json",
        data_prefix=dict(img="images/"),
        pipeline=_base_.train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(
        type="CrowdPoseDataset",
        data_root="data/full/crowdpose/",
        ann_file="annotations/mmpose_crowdpose_test.json",
        data_prefix=dict(img="images/"),
        pipeline=_base_.val_pipeline,
    )
)
test_dataloader = val_dataloader

val_evaluator = dict(
    type="CocoMetric",
    use_area=False,
    iou_type="keypoints_crowd",
    prefix="crowdpose",
    ann_file="data/full/crowdpose/annotations/mmpose_crowdpose_test.json",
    score_mode="bbox_keypoint",
    keypoint_score_thr=0.2,
    nms_mode="oks_nms",
    nms_thr=0.9,
)
test_evaluator = val_evaluator

model = dict(head=dict(num_keypoints=14, skeleton="crowdpose", decoder=_base_.codec))
