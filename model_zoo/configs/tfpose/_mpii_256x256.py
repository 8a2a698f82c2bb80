# MPII 256x256 for TFPose; augmentation as on COCO (Sec. 4.1 names no other)
_base_ = ["../_base_/mpii_256x256.py"]

codec = dict(
    type="NormalizedCoordinates",
    input_size=(256, 256),
    heatmap_size=(64, 64),
    sigma=2,
)

train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    dict(type="RandomHalfBody", prob=0.3),
    dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        scale_factor=(0.5, 1.5),
        scale_prob=1.0,
        rotate_factor=40.0,
        rotate_prob=0.6,
    ),
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=True),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=True),
    dict(type="PackPoseInputs"),
]

train_dataloader = dict(batch_size=64, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=64, dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
