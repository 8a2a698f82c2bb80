# 256x192 (height x width), without locations. Augmentation as printed: flip and scale; no rotation is named, no
# cutout, and no half-body crop, which would choose the crop by where the keypoints are.
codec = dict(type="MSRAHeatmap", input_size=(192, 256), heatmap_size=(48, 64), sigma=2)

steps = dict(
    load=dict(type="LoadImage"),
    box=dict(type="GetBBoxCenterScale", padding=1.25),
    flip=dict(type="RandomFlip", direction="horizontal", prob=0.5),
    zoom=dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        shift_factor=0.0,
        scale_factor=(0.65, 1.35),
        scale_prob=1.0,
        rotate_prob=0.0,
    ),
    crop=dict(type="TopdownAffine", input_size=(192, 256)),
    target=dict(type="GenerateTarget", encoder=codec),
    labels=dict(type="CategoryLabels"),
    pack=dict(type="PackPoseInputs"),
)
train_steps = ("load", "box", "flip", "zoom", "crop", "target", "labels", "pack")
val_steps = ("load", "box", "crop", "pack")

train_pipeline = [steps[name] for name in train_steps]
val_pipeline = [steps[name] for name in val_steps]
