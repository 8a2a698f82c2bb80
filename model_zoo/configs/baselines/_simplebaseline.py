# SimpleBaseline (Xiao et al., ECCV 2018): ResNet, three transposed convolutions, 1x1 convolution.
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
    train_cfg=dict(compute_acc=False),
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=True),
)
expected_output = dict(heatmaps=("B", "K", "H/4", "W/4"))

# narrower, from random weights; three stages (1/16), since a crop of 48x64 has no 1/32
smoke = dict(
    model=dict(
        backbone=dict(
            depth=18,
            stem_channels=16,
            base_channels=16,
            num_stages=3,
            strides=(1, 2, 2),
            dilations=(1, 1, 1),
            out_indices=(2,),
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(in_channels=64, deconv_out_channels=(48, 48), deconv_kernel_sizes=(4, 4)),
    ),
)
lab = dict(
    model=dict(
        backbone=dict(
            depth=18,
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(in_channels=512),
    ),
)
