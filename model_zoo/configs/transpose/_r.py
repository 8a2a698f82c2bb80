# TransPose-R: ResNet-50 up to layer2 (1/8), d 256, 8 heads, a transposed convolution to 1/4.
# Batch in the authors' files, on one GPU: 28 for 3 layers, 20 for 4; no file for 2 and 5 layers.
_base_ = ["_transpose.py"]

model = dict(
    backbone=dict(
        type="ResNetS",
        depth=50,
        stage_blocks=(3, 4),
        zero_init_residual=False,
        init_cfg=dict(type="Pretrained", checkpoint="https://download.pytorch.org/models/resnet50-19c8e357.pth"),
    ),
    head=dict(in_channels=512, grid_size=(24, 32), dim=256, heads=8, hidden=1024, upsampling="deconv"),
)

# narrower; the encoder keeps its heads, depth and h / d
smoke = {
    "model.backbone": dict(depth=18, stage_blocks=(2, 2), stem_channels=16, base_channels=16),
    "model.head": dict(in_channels=32, grid_size=(6, 8), dim=48, hidden=192),
}
lab = {"model.backbone": dict(depth=18, stage_blocks=(2, 2)), "model.head.in_channels": 128}
