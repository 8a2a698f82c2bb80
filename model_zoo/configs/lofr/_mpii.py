# MPII, 256x256. The half-body crop chooses by where the keypoints are: only samples with locations undergo it.
_base_ = ["_lofr.py"]

codec = dict(type="MSRAHeatmap", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)

train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    dict(
        type="LocatedHalfBody",
        min_total_keypoints=9,
        min_upper_keypoints=3,
        min_lower_keypoints=3,
        padding=1.5,
        prob=0.3,
        upper_prioritized_prob=0.7,
    ),
    dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        shift_factor=0.0,
        scale_factor=(0.65, 1.35),
        scale_prob=1.0,
        rotate_prob=0.0,
    ),
    dict(type="TopdownAffine", input_size=(256, 256)),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="CategoryLabels"),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="TopdownAffine", input_size=(256, 256)),
    dict(type="PackPoseInputs"),
]

train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(
        type="LocatedMpiiDataset",
        located_share=0.0,
        data_root="data/full/mpii/",
        data_mode="topdown",
        ann_file="annotations/mpii_train.json",
        data_prefix=dict(img="images/"),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="MpiiDataset",
        data_root="data/full/mpii/",
        data_mode="topdown",
        ann_file="annotations/mpii_val.json",
        headbox_file="data/full/mpii/annotations/mpii_gt_val.mat",
        data_prefix=dict(img="images/"),
        test_mode=True,
        pipeline=val_pipeline,
    ),
)
test_dataloader = val_dataloader

val_evaluator = [
    dict(type="MpiiPCKAccuracy", thr=0.5),
    dict(type="MpiiPCKAccuracy", thr=0.1, prefix="PCKh01"),
]
test_evaluator = val_evaluator

# 160 epochs (Section 4.2)
train_cfg = dict(max_epochs=160)
param_scheduler = [
    dict(type="MultiStepLR", begin=0, end=160, milestones=[120, 145], gamma=0.1, by_epoch=True)
]
model = dict(head=dict(input_size=(256, 256), num_keypoints=16, skeleton="mpii"))

# square crops; the random crop is one place further back
smoke = dict(
    codec=dict(input_size=(64, 64), heatmap_size=(16, 16), sigma=1),
    train_dataloader=dict(
        dataset=dict(
            pipeline={
                "_delete_": True,
                "4": dict(shift_prob=1.0, shift_factor=0.4, scale_factor=(0.35, 1.15)),
            }
        )
    ),
)
