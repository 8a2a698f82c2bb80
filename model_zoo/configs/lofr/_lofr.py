# LOFR with ResNet-50 and all modules: SPE, MS (1/4, 1/8, 1/16), RePPG, PDC. Without locations.
_base_ = ["../_base_/runtime.py", "_schedule.py", "_tiers.py"]

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
        out_indices=(0, 1, 2, 3),
        init_cfg=dict(
            type="Pretrained",
            checkpoint="https://download.pytorch.org/models/resnet50-19c8e357.pth",
        ),
    ),
    head=dict(
        type="LocationFreeHead",
        in_channels=(256, 512, 1024, 2048),
        strides=(4, 8, 16, 32),
        input_size=(192, 256),
        num_keypoints=17,
        skeleton="coco",
        used=(0, 1, 2),
        category=-1,
        dim=256,
        heads=8,
        hidden=1024,
        encoder_layers=4,
        decoder_layers=6,
        dropout=0.1,
        spatial=dict(),
        relations=dict(),
        # Section 4.2; located: nothing has a location
        weights=dict(cnn=0.2, encoder=0.2, parts=0.5, diversity=0.1, located=0.0),
    ),
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=True),
)
expected_output = dict(
    heatmaps=("B", "K", "H/4", "W/4"), cnn=("B", "K"), encoder=("B", "K"), parts=("B", "K")
)
custom_hooks = [dict(type="SyncBuffersHook"), dict(type="RecordSplit")]
