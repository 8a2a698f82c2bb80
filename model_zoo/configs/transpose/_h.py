# TransPose-H: HRNet-W48 up to stage 3 (1/4), one head, no upsampling.
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
        type="HRNetS",
        extra=dict(
            stage1=_base_.hrnet_w48.stage1,
            stage2=_base_.hrnet_w48.stage2,
            stage3=_base_.hrnet_w48.stage3,
        ),
        init_cfg=dict(
            type="Pretrained",
            checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/"
            "hrnet_w48-8ef0771d.pth",
        ),
    ),
    head=dict(
        type="TransPoseHead",
        in_channels=48,
        out_channels=17,
        grid_size=(48, 64),
        dim=96,
        heads=1,
        hidden=192,
        layers=4,
        dropout=0.1,
        position="sine",
        upsampling="none",
        reduce_std=0.001,
        loss=dict(type="KeypointMSELoss", use_target_weight=True, loss_weight=0.5),
    ),
    train_cfg=dict(compute_acc=False),
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=False),
)
expected_output = dict(heatmaps=("B", "K", "H/4", "W/4"))

train_cfg = dict(max_epochs=240)
param_scheduler = [
    dict(type="CosineAnnealingLR", T_max=240, eta_min=1e-5, begin=0, end=240, by_epoch=True)
]

# narrow (d a quarter), and with the reduction's usual initialisation: there are no ImageNet
# weights to protect
smoke = dict(
    model=dict(
        backbone=dict(
            extra=dict(
                stage1=dict(num_blocks=(1,), num_channels=(16,)),
                stage2=dict(num_blocks=(1, 1), num_channels=(8, 16)),
                stage3=dict(num_modules=2, num_blocks=(1, 1, 1), num_channels=(8, 16, 32)),
            ),
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(
            in_channels=8, grid_size=(12, 16), dim=24, hidden=48, dropout=0.0, reduce_std=None
        ),
    ),
)
lab = dict(
    model=dict(
        backbone=dict(
            extra=dict(
                stage1=dict(num_blocks=(2,)),
                stage2=dict(num_blocks=(2, 2), num_channels=(24, 48)),
                stage3=dict(num_modules=2, num_blocks=(2, 2, 2), num_channels=(24, 48, 96)),
            ),
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(in_channels=24, reduce_std=None),
    ),
)
