# Biased targets and quarter-pixel shift (SimpleBaseline, HRNet); augmentation as in coco_udp.py
_base_ = ["coco_udp.py"]

codec = dict(type="MSRAHeatmap", input_size=(192, 256), heatmap_size=(48, 64), sigma=2)

train_pipeline = [
    *_base_.train_pipeline[:-3],
    dict(type="TopdownAffine", input_size=(192, 256), use_udp=False),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [*train_pipeline[:2], train_pipeline[-3], train_pipeline[-1]]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
