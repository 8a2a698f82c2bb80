# Section 4.2: Adam, 4e-3, weight decay 1e-4, the transformer at a tenth of the rate. Not printed: steps at 170 and
# 200 of 210 epochs (120 and 145 of 160), batch 128 on four GPUs.
train_cfg = dict(by_epoch=True, max_epochs=210, val_interval=10)
optim_wrapper = dict(
    optimizer=dict(type="Adam", lr=4e-3, weight_decay=1e-4),
    paramwise_cfg=dict(
        custom_keys={
            "head.encoder.encoders": dict(lr_mult=0.1),
            "head.pose": dict(lr_mult=0.1),
        }
    ),
)
param_scheduler = [
    dict(type="MultiStepLR", begin=0, end=210, milestones=[170, 200], gamma=0.1, by_epoch=True)
]
auto_scale_lr = dict(base_batch_size=128)
