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

# The branches keep the full network's widths, 48, 96, 192 and 384 channels at strides 4 to 32: fewer than the 51
# outputs (17 heatmaps, 34 offsets) would limit the very labels that Table 5 compares. Bottlenecks make them cheap;
# stage 2 has the same widths, since MMPose 1.3.2 builds but cannot run a change of width between stages.
smoke = {
    "model.backbone": dict(
        stem_channels=16,
        extra=dict(
            stage1=dict(num_blocks=(1,), num_channels=(8,)),
            stage2=dict(block="BOTTLENECK", num_blocks=(1, 1), num_channels=(12, 24)),
            stage3=dict(block="BOTTLENECK", num_blocks=(1, 1, 1), num_channels=(12, 24, 48)),
        ),
    ),
}
lab = {
    "model.backbone.extra": dict(
        stage1=dict(num_blocks=(2,)),
        stage2=dict(num_blocks=(2, 2)),
        stage3=dict(num_blocks=(2, 2, 2)),
    ),
}
