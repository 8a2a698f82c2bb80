# Convolutional pose machines (Wei et al., CVPR 2016), six stages, on MPII at 368x368; stride 8.
# MMPose's version: batch norm, same-size padding, flip test. Augmentation as in mpii_udp.py
_base_ = ["_schedule.py", "../_base_/mpii_msra.py"]

codec = dict(type="MSRAHeatmap", input_size=(368, 368), heatmap_size=(46, 46), sigma=2)

model = dict(
    backbone=dict(type="CPM", in_channels=3, out_channels=16, feat_channels=128, middle_channels=32, num_stages=6),
    head=dict(
        type="CPMHead",
        in_channels=16,
        out_channels=16,
        num_stages=6,
        final_layer=None,
        loss=dict(type="KeypointMSELoss", use_target_weight=True),
        decoder=codec,
    ),
    test_cfg=dict(flip_mode="heatmap", shift_heatmap=True),
)
expected_output = dict.fromkeys(("stage1", "stage2", "stage3", "stage4", "stage5", "stage6"), ("B", "K", "H/8", "W/8"))

steps = dict(
    _base_.steps,
    crop=dict(type="TopdownAffine", input_size=(368, 368), use_udp=False),
    target=dict(type="GenerateTarget", encoder=codec),
)
train_pipeline = [steps[name] for name in _base_.mpii_train_steps]
val_pipeline = [steps[name] for name in _base_.val_steps]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader

# two stages, narrower; the stem's width is fixed
smoke = {
    "codec": dict(input_size=(64, 64), heatmap_size=(8, 8)),
    "model.backbone": dict(model["backbone"], _delete_=True, feat_channels=32, num_stages=2),
    "model.head": dict(num_stages=2),
    "expected_output": dict(_delete_=True, stage1=("B", "K", "H/8", "W/8"), stage2=("B", "K", "H/8", "W/8")),
}
lab = {
    "codec": dict(input_size=(256, 256), heatmap_size=(32, 32)),
    "model.backbone": dict(model["backbone"], _delete_=True, num_stages=2),
    "model.head": dict(num_stages=2),
    "expected_output": dict(_delete_=True, stage1=("B", "K", "H/8", "W/8"), stage2=("B", "K", "H/8", "W/8")),
}
