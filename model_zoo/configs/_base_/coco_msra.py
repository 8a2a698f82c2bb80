# Biased targets and quarter-pixel shift (SimpleBaseline, HRNet); augmentation as in topdown_steps.py
_base_ = ["coco_udp.py"]

codec = dict(type="MSRAHeatmap", input_size=(192, 256), heatmap_size=(48, 64), sigma=2)
steps = dict(
    _base_.steps,
    crop=dict(type="TopdownAffine", input_size=(192, 256), use_udp=False),
    target=dict(type="GenerateTarget", encoder=codec),
)
train_pipeline = [steps[name] for name in _base_.train_steps]
val_pipeline = [steps[name] for name in _base_.val_steps]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
