# HRNet-W48 without stage 4, and with one module of HRNet's four in stage 3: the reading that the
# parameter and FLOPs columns leave (bench/papers/lightpose, NOTES-model.md)
_base_ = ["_lightpose.py", "../_base_/hrnet.py"]

model = dict(
    backbone=dict(
        type="HRNetToStage3",
        stride=16,
        extra=dict(
            stage1=_base_.hrnet_w48.stage1,
            stage2=_base_.hrnet_w48.stage2,
            stage3=dict(_base_.hrnet_w48.stage3, num_modules=1),
        ),
        init_cfg=dict(
            type="Pretrained", checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/hrnet_w48-8ef0771d.pth"
        ),
    ),
    head=dict(in_channels=192),
)

smoke = {
    "model.backbone": dict(
        stem_channels=16,
        extra=dict(
            stage1=dict(num_blocks=(1,), num_channels=(8,)),
            stage2=dict(num_blocks=(1, 1), num_channels=(12, 24)),
            stage3=dict(num_blocks=(1, 1, 1), num_channels=(12, 24, 48)),
        ),
    ),
    "model.head": dict(in_channels=48),
}
lab = {
    "model.backbone.extra": dict(
        stage1=dict(num_blocks=(2,)),
        stage2=dict(num_blocks=(2, 2), num_channels=(24, 48)),
        stage3=dict(num_blocks=(2, 2, 2), num_channels=(24, 48, 96)),
    ),
    "model.head": dict(in_channels=96),
}
