# TransPose-H: HRNet-W48 up to stage 3 (1/4), one head, no upsampling.
_base_ = ["_transpose.py", "../_base_/hrnet.py"]

model = dict(
    backbone=dict(
        type="HRNetS",
        extra=dict(stage1=_base_.hrnet_w48.stage1, stage2=_base_.hrnet_w48.stage2, stage3=_base_.hrnet_w48.stage3),
        init_cfg=dict(
            type="Pretrained", checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/hrnet_w48-8ef0771d.pth"
        ),
    ),
    head=dict(in_channels=48, grid_size=(48, 64), dim=96, heads=1, hidden=192, upsampling="none", reduce_std=0.001),
)

train_cfg = dict(max_epochs=240)
param_scheduler = [dict(type="CosineAnnealingLR", T_max=240, eta_min=1e-5, begin=0, end=240, by_epoch=True)]

# narrow (d a quarter), and with the reduction's usual initialisation: there are no ImageNet weights to protect
smoke = {
    "model.backbone.extra": dict(
        stage1=dict(num_blocks=(1,), num_channels=(16,)),
        stage2=dict(num_blocks=(1, 1), num_channels=(8, 16)),
        stage3=dict(num_modules=2, num_blocks=(1, 1, 1), num_channels=(8, 16, 32)),
    ),
    "model.head": dict(in_channels=8, grid_size=(12, 16), dim=24, hidden=48, reduce_std=None),
}
lab = {
    "model.backbone.extra": dict(
        stage1=dict(num_blocks=(2,)),
        stage2=dict(num_blocks=(2, 2), num_channels=(24, 48)),
        stage3=dict(num_modules=2, num_blocks=(2, 2, 2), num_channels=(24, 48, 96)),
    ),
    "model.head": dict(in_channels=24, reduce_std=None),
}
