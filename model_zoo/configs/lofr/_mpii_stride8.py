# _mpii.py for networks that read one scale, 1/8 (no MS)
_base_ = ["_mpii.py"]

codec = dict(type="MSRAHeatmap", input_size=(256, 256), heatmap_size=(32, 32), sigma=1)

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

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))

model = dict(head=dict(used=(1,)))
expected_output = dict(heatmaps=("B", "K", "H/8", "W/8"))

# an eighth of a 48x64 crop is too coarse a grid: a quarter, as wide as the finest grid of those with MS
smoke = dict(
    model=dict(head=dict(used=(0,))),
    expected_output=dict(heatmaps=("B", "K", "H/4", "W/4")),
)
