# SimpleBaseline (Xiao et al., ECCV 2018): ResNet, three transposed convolutions, 1x1 convolution.
_base_ = ["../_base_/runtime.py", "_schedule.py"]

model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type="ResNet",
        depth=50,
        zero_init_residual=False,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50"),
    ),
    head=dict(
        type="HeatmapHead",
        in_channels=2048,
        out_channels=17,
        loss=dict(type="KeypointMSELoss", use_target_weight=True),
    ),
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=True),
)
expected_output = dict(heatmap_stride=4)
