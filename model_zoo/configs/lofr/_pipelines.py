# 256x192 (height x width), without locations. Augmentation as printed: flip and scale; no rotation is named, no
# cutout, and no half-body crop, which would choose the crop by where the keypoints are.
codec = dict(type="MSRAHeatmap", input_size=(192, 256), heatmap_size=(48, 64), sigma=2)

train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        shift_factor=0.0,
        scale_factor=(0.65, 1.35),
        scale_prob=1.0,
        rotate_prob=0.0,
    ),
    dict(type="TopdownAffine", input_size=(192, 256)),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="CategoryLabels"),
    dict(type="PackPoseInputs"),
]
val_pipeline = [*train_pipeline[:2], train_pipeline[-4], train_pipeline[-1]]
