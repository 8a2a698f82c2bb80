# MPII 256x256, output stride 16; augmentation as HRNet, without the alignment that UDP adds
_base_ = ["../_base_/mpii_256x256.py"]

codec = dict(
    type="CenterOffsetHeatmap",
    input_size=(256, 256),
    heatmap_size=(16, 16),
    sigma=1.0,
)
train_pipeline = [
    *_base_.train_pipeline[:-3],
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=False),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    *_base_.val_pipeline[:-2],
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=False),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(batch_size=128, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
