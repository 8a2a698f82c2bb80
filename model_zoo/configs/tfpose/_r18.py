# ResNet-18, levels C3-C5, six encoder and six decoder layers, with the auxiliary heatmap branch.
_base_ = ["_schedule.py"]

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
        depth=18,
        out_indices=(1, 2, 3),
        zero_init_residual=False,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet18"),
    ),
    head=dict(
        type="TFPoseHead",
        in_channels=(128, 256, 512),
        num_joints=17,
        dim=256,
        heads=8,
        points=4,
        hidden=1024,
        dropout=0.1,
        encoder_layers=6,
        decoder_layers=6,
        q2q=True,
        aux_weight=50.0,
        aux_channels=256,
        norm_groups=32,
    ),
    test_cfg=dict(flip_test=True),
)
expected_output = dict(coordinates=("B", "K", 2))
