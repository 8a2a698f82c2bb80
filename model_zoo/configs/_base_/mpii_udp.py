# MPII, top-down, 256x256, pixel centres aligned (UDP), DARK decoding; flip, scale and rotation follow coco_udp.py
_base_ = ["mpii_data.py"]

data_mode = "topdown"
dataset_type = "MpiiDataset"
codec = dict(type="DarkHeatmap", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)

train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    # the authors' scale is 1 + 0.25 N(0, 1), their rotation 30 N(0, 1) within +-60 degrees
    dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        scale_factor=(0.75, 1.25),
        scale_prob=1.0,
        rotate_factor=54.0,
        rotate_prob=0.6,
    ),
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=True),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [*train_pipeline[:2], train_pipeline[-3], train_pipeline[-1]]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
