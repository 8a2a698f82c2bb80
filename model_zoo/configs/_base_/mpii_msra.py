# MPII, 256x256: biased targets and quarter-pixel shift (SimpleBaseline, HRNet); augmentation as in mpii_udp.py
_base_ = ["mpii_udp.py"]

codec = dict(type="MSRAHeatmap", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)
steps = dict(
    _base_.steps,
    crop=dict(type="TopdownAffine", input_size=(256, 256), use_udp=False),
    target=dict(type="GenerateTarget", encoder=codec),
)
train_pipeline = [steps[name] for name in _base_.mpii_train_steps]
val_pipeline = [steps[name] for name in _base_.val_steps]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
