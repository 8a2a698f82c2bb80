# MPII, top-down, 256x256, pixel centres aligned (UDP), DARK decoding.
# Half-body, scale, rotation and flip follow HRNet's recipe as TransPose's authors run it; where
# MMPose draws differently the comment says so.
# MMPoseInferencer asks for these two
data_mode = "topdown"
dataset_type = "MpiiDataset"
codec = dict(type="UDPHeatmap", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)

train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    # scale: the authors draw 1 + 0.25 N(0, 1) clipped to this range, MMPose a truncated normal
    # rotation: the authors draw 30 N(0, 1) clipped to +-60 degrees, MMPose 54 times a normal
    # truncated to +-1, the same standard deviation
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
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=True),
    dict(type="PackPoseInputs"),
]

train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="MpiiDataset",
        data_root="data/full/mpii/",
        data_mode="topdown",
        ann_file="annotations/mpii_train.json",
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
        type="MpiiDataset",
        data_root="data/full/mpii/",
        data_mode="topdown",
        ann_file="annotations/mpii_val.json",
        headbox_file="data/full/mpii/annotations/mpii_gt_val.mat",
        data_prefix=dict(img="images/"),
        test_mode=True,
        pipeline=val_pipeline,
    ),
)
test_dataloader = val_dataloader

val_evaluator = [
    dict(type="MpiiPCKAccuracy", thr=0.5),
    dict(type="MpiiPCKAccuracy", thr=0.1, prefix="PCKh01"),
]
test_evaluator = val_evaluator
