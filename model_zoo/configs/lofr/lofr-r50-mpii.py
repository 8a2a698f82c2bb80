# MPII, 256x256. The half-body crop chooses by where the keypoints are: only samples with locations undergo it.
_base_ = ["_lofr.py", "_pipelines.py", "../_base_/mpii_data.py"]

codec = dict(type="MSRAHeatmap", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)

train_pipeline = [
    *_base_.train_pipeline[:3],
    dict(
        type="LocatedHalfBody",
        min_total_keypoints=9,
        min_upper_keypoints=3,
        min_lower_keypoints=3,
        padding=1.5,
        prob=0.3,
        upper_prioritized_prob=0.7,
    ),
    _base_.train_pipeline[3],
    dict(type="TopdownAffine", input_size=(256, 256)),
    dict(type="GenerateTarget", encoder=codec),
    *_base_.train_pipeline[-2:],
]
val_pipeline = [*train_pipeline[:2], train_pipeline[-4], train_pipeline[-1]]
train_dataloader = dict(
    total_batch_size=128,
    group_size=32,
    dataset=dict(type="LocatedMpiiDataset", located_share=0.0, pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=160)  # Section 4.2
param_scheduler = [dict(type="MultiStepLR", begin=0, end=160, milestones=[120, 145], gamma=0.1, by_epoch=True)]
model = dict(head=dict(input_size=(256, 256), num_keypoints=16, skeleton="mpii", decoder=codec))

# square crops; the random crop is one place further back
smoke = {
    "codec": dict(input_size=(64, 64), heatmap_size=(16, 16)),
    "train_dataloader.dataset.pipeline": {
        "_delete_": True,
        "4": dict(shift_prob=1.0, shift_factor=0.3, scale_factor=(0.45, 1.25)),
    },
}
lab = {"train_dataloader.dataset.pipeline": smoke["train_dataloader.dataset.pipeline"]}
