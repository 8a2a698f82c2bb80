# HRNet-W48, otherwise as lofr-hrw32.py
_base_ = ["lofr-hrw32.py"]

model = dict(
    backbone=dict(
        extra=_base_.hrnet_w48,
        init_cfg=dict(checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/hrnet_w48-8ef0771d.pth"),
    ),
    head=dict(in_channels=(48, 96, 192)),
)

smoke = {
    "model.backbone": dict(
        extra=dict(
            stage2=dict(num_channels=(16, 32)),
            stage3=dict(num_channels=(16, 32, 64)),
            stage4=dict(num_channels=(16, 32, 64)),
        )
    ),
    "model.head": dict(in_channels=(16, 32, 64)),
}
