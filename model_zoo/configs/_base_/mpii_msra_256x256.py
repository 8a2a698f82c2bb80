# MPII, 256x256, biased targets and quarter-pixel shift (SimpleBaseline, HRNet); augmentation as in
# mpii_256x256.py
_base_ = ["mpii_256x256.py"]

codec = dict(type="MSRAHeatmap", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)

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
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=False),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=False),
    dict(type="PackPoseInputs"),
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
