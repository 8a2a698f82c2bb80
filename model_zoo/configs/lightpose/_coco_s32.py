# COCO 256x192, output stride 32; augmentation as HRNet
_base_ = ["../_base_/coco_msra_256x192.py"]

codec = dict(
    type="CenterOffsetHeatmap",
    input_size=(192, 256),
    heatmap_size=(6, 8),
    sigma=1.0,
)
train_pipeline = [
    *_base_.train_pipeline[:-2],
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(batch_size=128, dataset=dict(pipeline=train_pipeline))
