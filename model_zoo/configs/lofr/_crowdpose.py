# CrowdPose, 256x192; "the setting is similar with COCO". Boxes are not stated: annotated ones.
_base_ = ["_lofr.py"]

codec = dict(type="MSRAHeatmap", input_size=(192, 256), heatmap_size=(48, 64), sigma=2)

train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        shift_factor=0.0,
        scale_factor=(0.65, 1.35),
        scale_prob=1.0,
        rotate_prob=0.0,
    ),
    dict(type="TopdownAffine", input_size=(192, 256)),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="CategoryLabels"),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="TopdownAffine", input_size=(192, 256)),
    dict(type="PackPoseInputs"),
]

train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="LocatedCrowdPoseDataset",
        located_share=0.0,
        data_root="data/full/crowdpose/",
        data_mode="topdown",
        ann_file="annotations/mmpose_crowdpose_trainval.json",
        data_prefix=dict(img="images/"),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CrowdPoseDataset",
        data_root="data/full/crowdpose/",
        data_mode="topdown",
        ann_file="annotations/mmpose_crowdpose_test.json",
        data_prefix=dict(img="images/"),
        test_mode=True,
        pipeline=val_pipeline,
    ),
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

model = dict(head=dict(num_keypoints=14, skeleton="crowdpose"))
