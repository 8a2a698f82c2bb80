# Integral pose regression (Sun et al., ECCV 2018): SimpleBaseline's network on ResNet-101 at
# 256x256; coordinates are the expectation of softmax heatmaps, and both are supervised. Losses as
# in MMPose's version: smooth L1 and mean squared error. Augmentation as in coco_256x192.py
_base_ = ["_simplebaseline.py", "../_base_/coco_msra_256x192.py"]

codec = dict(
    type="IntegralRegressionLabel",
    input_size=(256, 256),
    heatmap_size=(64, 64),
    sigma=2,
)

model = dict(
    backbone=dict(
        depth=101,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet101"),
    ),
    head=dict(
        _delete_=True,
        type="DSNTHead",
        in_channels=2048,
        in_featuremap_size=(8, 8),
        num_joints=17,
        loss=dict(
            type="MultipleLossWrapper",
            losses=[
                dict(type="SmoothL1Loss", use_target_weight=True),
                dict(type="KeypointMSELoss", use_target_weight=True),
            ],
        ),
        decoder=codec,
    ),
    test_cfg=dict(_delete_=True, flip_test=True, shift_coords=True, shift_heatmap=True),
)
expected_output = dict(_delete_=True, coordinates=("B", "K", 2), heatmaps=("B", "K", "H/4", "W/4"))

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
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=False),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="TopdownAffine", input_size=(256, 256), use_udp=False),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader

smoke = dict(model=dict(head=dict(in_featuremap_size=(3, 4))))
lab = dict(model=dict(head=dict(in_featuremap_size=(6, 8))))
