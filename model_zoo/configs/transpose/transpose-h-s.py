# HRNet-W32. Batch: the file says 16 on each of two GPUs, the README four GPUs (64); the file is followed.
_base_ = ["transpose-h-a4.py"]

model = dict(
    backbone=dict(
        extra=dict(stage2=dict(num_channels=(32, 64)), stage3=dict(num_channels=(32, 64, 128))),
        init_cfg=dict(checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/hrnet_w32-36af842e.pth"),
    ),
    head=dict(in_channels=32, dim=64, hidden=128),
)
train_dataloader = dict(total_batch_size=32, group_size=16)

smoke = {
    "model.backbone.extra": dict(stage2=dict(num_channels=(6, 12)), stage3=dict(num_channels=(6, 12, 24))),
    "model.head": dict(in_channels=6, dim=16, hidden=32),
}
lab = {
    "model.backbone.extra": dict(stage2=dict(num_channels=(16, 32)), stage3=dict(num_channels=(16, 32, 64))),
    "model.head": dict(in_channels=16),
}
