# COCO 384x288, output stride 16; augmentation as HRNet
_base_ = ["../_base_/coco_msra_384x288.py"]

codec = dict(
    type="CenterOffsetHeatmap",
    input_size=(288, 384),
    heatmap_size=(18, 24),
    sigma=1.0,
)
train_pipeline = [
    *_base_.train_pipeline[:-2],
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(batch_size=128, dataset=dict(pipeline=train_pipeline))
