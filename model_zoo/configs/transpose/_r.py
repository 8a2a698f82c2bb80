# TransPose-R: ResNet-50 up to layer2 (1/8), d 256, 8 heads, a transposed convolution to 1/4.
# Batch in the authors' files, on one GPU: 28 for 3 layers, 20 for 4; no file for 2 and 5 layers.
_base_ = ["../_base_/runtime.py", "../_base_/tiers.py", "_schedule.py"]

model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type="ResNetS",
        depth=50,
        stage_blocks=(3, 4),
        zero_init_residual=False,
        init_cfg=dict(
            type="Pretrained",
            checkpoint="https://download.pytorch.org/models/resnet50-19c8e357.pth",
        ),
    ),
    head=dict(
        type="TransPoseHead",
        in_channels=512,
        out_channels=17,
        grid_size=(24, 32),
        dim=256,
        heads=8,
        hidden=1024,
        layers=4,
        dropout=0.1,
        position="sine",
        upsampling="deconv",
        # half the squared error, mean over batch, keypoints and pixels
        loss=dict(type="KeypointMSELoss", use_target_weight=True, loss_weight=0.5),
    ),
    train_cfg=dict(compute_acc=False),
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=False),
)
expected_output = dict(heatmaps=("B", "K", "H/4", "W/4"))

# narrower, from random weights; the encoder keeps its heads, depth and h / d
smoke = dict(
    model=dict(
        backbone=dict(
            depth=18,
            stage_blocks=(2, 2),
            stem_channels=16,
            base_channels=16,
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(in_channels=32, grid_size=(6, 8), dim=48, hidden=192, dropout=0.0),
    ),
)
lab = dict(
    model=dict(
        backbone=dict(
            depth=18,
            stage_blocks=(2, 2),
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(in_channels=128),
    ),
)
