# HRNet's and SimpleBaseline's schedule as MMPose publishes it (from general knowledge of its configurations): its rate
# is that of 512 images a step.
_base_ = ["../_base_/topdown.py"]

train_cfg = dict(max_epochs=210, val_interval=10)
optim_wrapper = dict(optimizer=dict(type="Adam", lr=5e-4))
param_scheduler = [
    dict(type="LinearLR", begin=0, end=500, start_factor=0.001, by_epoch=False),
    dict(type="MultiStepLR", begin=0, end=210, milestones=[170, 200], gamma=0.1, by_epoch=True),
]
