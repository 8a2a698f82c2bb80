# MSPN (Li et al., arXiv 2019): four stages of ResNet-50 with four units each, at 384x288.
# The outputs are the heatmaps of all units; the last is decoded. Every unit learns the finest target here: the paper's
# wider targets of the coarse units, which one codec cannot state, are left out. The target's kernel is 7 pixels at
# heatmaps of 96x72 (our reading). MMPose's convolutions before batch norm have no bias: 140,816 parameters fewer than
# with one. Augmentation as in coco_udp.py
_base_ = ["_schedule.py", "../_base_/coco_msra.py"]

target = dict(type="MegviiHeatmap", input_size=(288, 384), heatmap_size=(72, 96), kernel_size=7)
codec = dict(_delete_=True, **target)

model = dict(
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
            *[dict(type="KeypointMSELoss", use_target_weight=True, loss_weight=0.25)] * 3,
            dict(type="KeypointOHKMMSELoss", use_target_weight=True, loss_weight=1.0),
        ]
        * 4,
        decoder=target,
    ),
    test_cfg=dict(flip_mode="heatmap", shift_heatmap=False),
)
expected_output = {f"stage{s}_unit{u}": ("B", "K", "H/4", "W/4") for s in (1, 2, 3, 4) for u in (1, 2, 3, 4)}

steps = dict(
    _base_.steps,
    crop=dict(type="TopdownAffine", input_size=(288, 384), use_udp=False),
    target=dict(type="GenerateTarget", encoder=[target], multilevel=True),
)
train_pipeline = [steps[name] for name in _base_.train_steps]
val_pipeline = [steps[name] for name in _base_.val_steps]
train_dataloader = dict(total_batch_size=256, group_size=32, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader

# MMPose's published rate, for 8 GPUs with 32 images each
optim_wrapper = dict(optimizer=dict(lr=5e-3))

# narrower units on one block each
smoke = {
    "codec": dict(_delete_=True, input_size=(48, 64), heatmap_size=(12, 16), kernel_size=3),
    "model.backbone": dict(unit_channels=32, num_blocks=[1, 1, 1, 1]),
    "model.head": dict(unit_channels=32, out_shape=(16, 12)),
}
lab = {
    "codec": dict(_delete_=True, input_size=(192, 256), heatmap_size=(48, 64), kernel_size=5),
    "model.backbone": dict(unit_channels=64, num_blocks=[1, 1, 1, 1]),
    "model.head": dict(unit_channels=64, out_shape=(64, 48)),
}
