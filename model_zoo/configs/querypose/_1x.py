# The ablations' schedule. The paper says "1x" and no length; this is the published ResNet-50 file's.
train_cfg = dict(by_epoch=False, max_iters=140_000, val_interval=4100)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.01, begin=0, end=1000, by_epoch=False),
    dict(
        type="MultiStepLR",
        milestones=[110_000, 130_000],
        gamma=0.1,
        begin=0,
        end=140_000,
        by_epoch=False,
    ),
]
