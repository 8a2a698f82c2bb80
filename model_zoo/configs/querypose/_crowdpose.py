# CrowdPose: trained on train and val (paper, Sec. 4.3), evaluated on test; annotation files as MMPose names them.
_base_ = ["_scenes.py"]

train_dataloader = dict(
    batch_size=16,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type="InfiniteSampler", shuffle=True),
    batch_sampler=dict(type="AspectRatioBatches"),
    dataset=dict(
        type="CrowdPoseScenes",
        data_root="data/full/crowdpose/",
        ann_file="annotations/mmpose_crowdpose_trainval.json",
        data_prefix=dict(img="images/"),
        pipeline=_base_.train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CrowdPoseScenes",
        data_root="data/full/crowdpose/",
        ann_file="annotations/mmpose_crowdpose_test.json",
        data_prefix=dict(img="images/"),
        test_mode=True,
        pipeline=_base_.val_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    type="CocoMetric",
    ann_file="data/full/crowdpose/annotations/mmpose_crowdpose_test.json",
    iou_type="keypoints_crowd",
    use_area=False,
    prefix="crowdpose",
    nms_mode="none",
    score_mode="bbox",
)
test_evaluator = val_evaluator
