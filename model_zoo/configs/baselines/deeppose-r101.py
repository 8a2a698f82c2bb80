# DeepPose (Toshev and Szegedy, CVPR 2014) as MMPose has it: ResNet, global pooling, one fully
# connected layer. Pipelines as MMPose's topdown_regression: its default scale, rotation and shift.
_base_ = ["_schedule.py", "../_base_/coco_udp.py"]

codec = dict(_delete_=True, type="RegressionLabel", input_size=(192, 256))

model = dict(
    backbone=dict(
        type="ResNet",
        depth=101,
        zero_init_residual=False,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet101"),
    ),
    neck=dict(type="GlobalAveragePooling"),
    head=dict(
        type="RegressionHead",
        in_channels=2048,
        num_joints=17,
        loss=dict(type="SmoothL1Loss", use_target_weight=True),
        decoder=dict(type="RegressionLabel", input_size=(192, 256)),
    ),
    test_cfg=dict(shift_coords=True),
)
expected_output = dict(coordinates=("B", "K", 2))

steps = dict(
    _base_.steps,
    box=dict(type="GetBBoxCenterScale"),
    flip=dict(type="RandomFlip", direction="horizontal"),
    half_body=dict(type="RandomHalfBody"),
    jitter=dict(type="RandomBBoxTransform"),
    crop=dict(type="TopdownAffine", input_size=(192, 256)),
    label=dict(type="GenerateTarget", encoder=dict(type="RegressionLabel", input_size=(192, 256))),
)
train_steps = ("load", "box", "flip", "half_body", "jitter", "crop", "label", "pack")
train_pipeline = [steps[name] for name in train_steps]
val_pipeline = [steps[name] for name in _base_.val_steps]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader

smoke = {
    "codec": dict(_delete_=True, input_size=(48, 64)),
    "model.backbone": dict(depth=18, stem_channels=16, base_channels=16),
    "model.head": dict(in_channels=128),
}
lab = {"codec": dict(_delete_=True, input_size=(192, 256)), "model.backbone.depth": 18, "model.head.in_channels": 512}
