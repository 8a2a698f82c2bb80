# HRNet-W48, otherwise as _hrnet_w32.py
_base_ = ["_hrnet_w32.py"]

model = dict(
    backbone=dict(
        extra=_base_.hrnet_w48,
        init_cfg=dict(checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/hrnet_w48-8ef0771d.pth"),
    ),
    head=dict(in_channels=48),
)

smoke = {
    "model.backbone.extra": dict(
        stage2=dict(num_channels=(12, 24)),
        stage3=dict(num_channels=(12, 24, 48)),
        stage4=dict(num_channels=(12, 24, 48)),
    ),
    "model.head": dict(in_channels=12),
}
lab = {
    "model.backbone.extra": dict(
        stage2=dict(num_channels=(24, 48)),
        stage3=dict(num_channels=(24, 48, 96)),
        stage4=dict(num_channels=(24, 48, 96, 192)),
    ),
    "model.head": dict(in_channels=24),
}
