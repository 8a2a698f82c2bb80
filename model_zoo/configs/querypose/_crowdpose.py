# CrowdPose: trained on train and val (paper, Sec. 4.3), evaluated on test; otherwise as _coco.py
_base_ = ["_scenes.py", "../_base_/crowdpose_data.py"]

train_dataloader = dict(
    total_batch_size=16,
    group_size=2,
    num_workers=8,
    batch_sampler=dict(type="AspectRatioBatches"),
    dataset=dict(type="CrowdPoseScenes", pipeline=_base_.train_pipeline),
)
val_dataloader = dict(batch_size=2, dataset=dict(type="CrowdPoseScenes", pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(nms_mode="none", score_mode="bbox")
test_evaluator = val_evaluator

# synthetic CrowdPose images are scenes in every tier
data = dict(dataset=dict(data_root="data/full/crowdpose/"))
test_file = dict(ann_file="data/full/crowdpose/annotations/mmpose_crowdpose_test.json")
