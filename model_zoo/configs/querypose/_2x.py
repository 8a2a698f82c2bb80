# The main rows' schedule (paper, Sec. 4.1); the warm-up is the code's.
train_cfg = dict(by_epoch=False, max_iters=280_000, val_interval=4100)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.01, begin=0, end=1000, by_epoch=False),
    dict(
        type="MultiStepLR",
        milestones=[220_000, 260_000],
        gamma=0.1,
        begin=0,
        end=280_000,
        by_epoch=False,
    ),
]
