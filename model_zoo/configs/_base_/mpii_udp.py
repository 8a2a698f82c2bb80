# MPII, top-down, 256x256, pixel centres aligned (UDP), DARK decoding; flip as topdown_steps.py, no half body
_base_ = ["mpii_data.py", "topdown_steps.py"]

data_mode = "topdown"
dataset_type = "MpiiDataset"
codec = dict(type="DarkHeatmap", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)

steps = dict(
    _base_.steps,
    # the authors' scale is 1 + 0.25 N(0, 1), their rotation 30 N(0, 1) within +-60 degrees
    mpii_jitter=dict(_base_.steps.jitter, scale_factor=(0.75, 1.25), rotate_factor=54.0),
    crop=dict(type="TopdownAffine", input_size=(256, 256), use_udp=True),
    target=dict(type="GenerateTarget", encoder=codec),
)
mpii_train_steps = ("load", "box", "flip", "mpii_jitter", "crop", "target", "pack")
train_pipeline = [steps[name] for name in mpii_train_steps]
val_pipeline = [steps[name] for name in _base_.val_steps]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
