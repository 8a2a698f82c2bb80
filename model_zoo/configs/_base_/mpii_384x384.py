# 384x384; augmentation as in mpii_256x256.py
_base_ = ["mpii_256x256.py"]

codec = dict(type="UDPHeatmap", input_size=(384, 384), heatmap_size=(96, 96), sigma=2)

train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        scale_factor=(0.75, 1.25),
        scale_prob=1.0,
        rotate_factor=54.0,
        rotate_prob=0.6,
    ),
    dict(type="TopdownAffine", input_size=(384, 384), use_udp=True),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="TopdownAffine", input_size=(384, 384), use_udp=True),
    dict(type="PackPoseInputs"),
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
