# Figure 5: Table 4's model trained for half as long, its schedule annealed to the end
_base_ = ["tfpose-r18-e6d6.py"]

train_cfg = dict(max_epochs=105)
param_scheduler = [
    dict(type="LinearLR", begin=0, end=500, start_factor=0.001, by_epoch=False),
    dict(type="CosineAnnealingLR", begin=0, end=105, T_max=105, eta_min=0.0, by_epoch=True),
]
smoke = dict(
    train_cfg=dict(max_iters=100, val_interval=100),
    param_scheduler=[
        dict(type="LinearLR", start_factor=0.02, begin=0, end=30, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=70, eta_min=1e-5, begin=30, end=100, by_epoch=False),
    ],
)
lab = dict(
    train_cfg=dict(max_epochs=10, val_interval=10),
    param_scheduler=[
        dict(type="LinearLR", start_factor=0.02, begin=0, end=200, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=10, eta_min=1e-5, begin=0, end=10, by_epoch=True),
    ],
)
