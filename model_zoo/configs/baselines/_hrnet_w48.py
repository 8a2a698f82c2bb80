# HRNet-W48 (Sun et al., CVPR 2019) with a 1x1 convolution as head.
_base_ = ["../_base_/runtime.py", "../_base_/tiers.py", "_schedule.py", "../_base_/hrnet.py"]

model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type="HRNet",
        in_channels=3,
        extra=_base_.hrnet_w48,
        init_cfg=dict(
            type="Pretrained",
            checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/"
            "hrnet_w48-8ef0771d.pth",
        ),
    ),
    head=dict(
        type="HeatmapHead",
        in_channels=48,
        out_channels=17,
        deconv_out_channels=None,
        loss=dict(type="KeypointMSELoss", use_target_weight=True),
    ),
    train_cfg=dict(compute_acc=False),
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=True),
)
expected_output = dict(heatmaps=("B", "K", "H/4", "W/4"))

# narrower, from random weights; no fourth branch, since a crop of 48x64 has no 1/32
smoke = dict(
    model=dict(
        backbone=dict(
            extra=dict(
                stage1=dict(num_blocks=(1,), num_channels=(16,)),
                stage2=dict(num_blocks=(1, 1), num_channels=(12, 24)),
                stage3=dict(num_modules=1, num_blocks=(1, 1, 1), num_channels=(12, 24, 48)),
                stage4=dict(
                    num_modules=1, num_branches=3, num_blocks=(1, 1, 1), num_channels=(12, 24, 48)
                ),
            ),
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(in_channels=12),
    ),
)
lab = dict(
    model=dict(
        backbone=dict(
            extra=dict(
                stage1=dict(num_blocks=(2,)),
                stage2=dict(num_blocks=(2, 2), num_channels=(24, 48)),
                stage3=dict(num_modules=2, num_blocks=(2, 2, 2), num_channels=(24, 48, 96)),
                stage4=dict(num_modules=1, num_blocks=(2, 2, 2, 2), num_channels=(24, 48, 96, 192)),
            ),
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(in_channels=24),
    ),
)
