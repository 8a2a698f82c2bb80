# _coco.py for networks that read one scale, 1/8 (no MS)
_base_ = ["_coco.py"]

codec = dict(type="MSRAHeatmap", input_size=(192, 256), heatmap_size=(24, 32), sigma=1)

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

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
