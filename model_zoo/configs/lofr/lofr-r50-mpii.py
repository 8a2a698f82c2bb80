# MPII, 256x256. The half-body crop chooses by where the keypoints are: only samples with locations undergo it.
_base_ = ["_lofr.py", "../_base_/mpii_data.py"]

codec = dict(type="MSRAHeatmap", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)

steps = dict(
    _base_.steps,
    half_body=dict(
        type="LocatedHalfBody",
        min_total_keypoints=9,
        min_upper_keypoints=3,
        min_lower_keypoints=3,
        padding=1.5,
        prob=0.3,
        upper_prioritized_prob=0.7,
    ),
    crop=dict(type="TopdownAffine", input_size=(256, 256)),
    target=dict(type="GenerateTarget", encoder=codec),
)
train_steps = ("load", "box", "flip", "half_body", "zoom", "crop", "target", "labels", "pack")

train_pipeline = [steps[name] for name in train_steps]
val_pipeline = [steps[name] for name in _base_.val_steps]
train_dataloader = dict(
    total_batch_size=128,
    group_size=32,
    dataset=dict(type="LocatedMpiiDataset", located_share=0.0, located_seed=None, pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=160)  # Section 4.2
param_scheduler = [dict(type="MultiStepLR", begin=0, end=160, milestones=[120, 145], gamma=0.1, by_epoch=True)]
model = dict(head=dict(input_size=(256, 256), num_keypoints=16, skeleton="mpii", decoder=codec))

smoke = {"codec": dict(input_size=(64, 64), heatmap_size=(16, 16))}
