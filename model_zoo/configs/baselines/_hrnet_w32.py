# HRNet-W32 (Sun et al., CVPR 2019) with a 1x1 convolution as head.
_base_ = ["_heatmap.py", "../_base_/hrnet.py"]

model = dict(
    backbone=dict(
        type="HRNet",
        in_channels=3,
        extra=_base_.hrnet_w32,
        init_cfg=dict(
            type="Pretrained", checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/hrnet_w32-36af842e.pth"
        ),
    ),
    head=dict(in_channels=32, deconv_out_channels=None),
)

# narrower; no fourth branch, since a crop of 48x64 has no 1/32
smoke = {
    "model.backbone.extra": dict(
        stage1=dict(num_blocks=(1,), num_channels=(16,)),
        stage2=dict(num_blocks=(1, 1), num_channels=(8, 16)),
        stage3=dict(num_modules=1, num_blocks=(1, 1, 1), num_channels=(8, 16, 32)),
        stage4=dict(num_modules=1, num_branches=3, num_blocks=(1, 1, 1), num_channels=(8, 16, 32)),
    ),
    "model.head": dict(in_channels=8),
}
lab = {
    "model.backbone.extra": dict(
        stage1=dict(num_blocks=(2,)),
        stage2=dict(num_blocks=(2, 2), num_channels=(16, 32)),
        stage3=dict(num_modules=2, num_blocks=(2, 2, 2), num_channels=(16, 32, 64)),
        stage4=dict(num_modules=1, num_blocks=(2, 2, 2, 2), num_channels=(16, 32, 64, 128)),
    ),
    "model.head": dict(in_channels=16),
}
