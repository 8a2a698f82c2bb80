# MSPN (Li et al., arXiv 2019): four stages of ResNet-50 with four units each, at 384x288.
# The outputs are the heatmaps of all units; the last is decoded. Every unit learns the finest
# target here: the paper's wider targets of the coarse units, which one codec cannot state, are left
# out. The target's kernel is 7 pixels at heatmaps of 96x72 (our reading). MMPose's convolutions
# before batch norm have no bias: 140,816 parameters fewer than with one.
# Augmentation as in coco_256x192.py
_base_ = [
    "../_base_/runtime.py",
    "../_base_/tiers.py",
    "_schedule.py",
    "../_base_/coco_msra_384x288.py",
]

target = dict(type="MegviiHeatmap", input_size=(288, 384), heatmap_size=(72, 96), kernel_size=7)
codec = dict(_delete_=True, **target)

model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type="MSPN",
        unit_channels=256,
        num_stages=4,
        num_units=4,
        num_blocks=[3, 4, 6, 3],
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50"),
    ),
    head=dict(
        type="MSPNHead",
        out_shape=(96, 72),
        unit_channels=256,
        out_channels=17,
        num_stages=4,
        num_units=4,
        level_indices=[0] * 16,
        # the last unit of each stage: its hardest keypoints only
        loss=[
            dict(type="KeypointMSELoss", use_target_weight=True, loss_weight=0.25),
            dict(type="KeypointMSELoss", use_target_weight=True, loss_weight=0.25),
            dict(type="KeypointMSELoss", use_target_weight=True, loss_weight=0.25),
            dict(type="KeypointOHKMMSELoss", use_target_weight=True, loss_weight=1.0),
        ]
        * 4,
        decoder=target,
    ),
    test_cfg=dict(flip_test=True, flip_mode="heatmap", shift_heatmap=False),
)
expected_output = dict(
    stage1_unit1=("B", "K", "H/4", "W/4"),
    stage1_unit2=("B", "K", "H/4", "W/4"),
    stage1_unit3=("B", "K", "H/4", "W/4"),
    stage1_unit4=("B", "K", "H/4", "W/4"),
    stage2_unit1=("B", "K", "H/4", "W/4"),
    stage2_unit2=("B", "K", "H/4", "W/4"),
    stage2_unit3=("B", "K", "H/4", "W/4"),
    stage2_unit4=("B", "K", "H/4", "W/4"),
    stage3_unit1=("B", "K", "H/4", "W/4"),
    stage3_unit2=("B", "K", "H/4", "W/4"),
    stage3_unit3=("B", "K", "H/4", "W/4"),
    stage3_unit4=("B", "K", "H/4", "W/4"),
    stage4_unit1=("B", "K", "H/4", "W/4"),
    stage4_unit2=("B", "K", "H/4", "W/4"),
    stage4_unit3=("B", "K", "H/4", "W/4"),
    stage4_unit4=("B", "K", "H/4", "W/4"),
)

train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    dict(
        type="RandomHalfBody",
        min_total_keypoints=9,
        min_upper_keypoints=3,
        min_lower_keypoints=3,
        padding=1.5,
        prob=0.3,
        upper_prioritized_prob=0.69,
    ),
    dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        scale_factor=(0.65, 1.35),
        scale_prob=1.0,
        rotate_factor=80.0,
        rotate_prob=0.6,
    ),
    dict(type="TopdownAffine", input_size=(288, 384), use_udp=False),
    dict(type="GenerateTarget", encoder=[target], multilevel=True),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

# MMPose's published rate for batches of 256
optim_wrapper = dict(optimizer=dict(lr=5e-3))
auto_scale_lr = dict(base_batch_size=256)

# narrower units on one block each, from random weights
smoke = dict(
    codec=dict(_delete_=True, input_size=(48, 64), heatmap_size=(12, 16), kernel_size=3),
    model=dict(
        backbone=dict(
            unit_channels=32,
            num_blocks=[1, 1, 1, 1],
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(unit_channels=32, out_shape=(16, 12)),
    ),
)
lab = dict(
    codec=dict(_delete_=True, input_size=(192, 256), heatmap_size=(48, 64), kernel_size=5),
    model=dict(
        backbone=dict(
            unit_channels=64,
            num_blocks=[1, 1, 1, 1],
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(unit_channels=64, out_shape=(64, 48)),
    ),
)
