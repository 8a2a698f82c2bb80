# The steps of a top-down pipeline by name. A config changes one by its name, `dict(_base_.steps, crop=...)`, and takes
# those that it runs: `[steps[name] for name in _base_.train_steps]`.
# Half-body, scale, rotation and flip follow HRNet's recipe for COCO as TransPose's authors run it; where MMPose draws
# differently the comment says so. Pixel centres aligned (UDP), 256x192 (height x width).
codec = dict(type="DarkHeatmap", input_size=(192, 256), heatmap_size=(48, 64), sigma=2)
steps = dict(
    load=dict(type="LoadImage"),
    box=dict(type="GetBBoxCenterScale", padding=1.25),
    flip=dict(type="RandomFlip", direction="horizontal", prob=0.5),
    # upper body with probability P(N(0, 1) < 0.5) = 0.69; each half needs more than 2 keypoints
    half_body=dict(
        type="RandomHalfBody",
        min_total_keypoints=9,
        min_upper_keypoints=3,
        min_lower_keypoints=3,
        padding=1.5,
        prob=0.3,
        upper_prioritized_prob=0.69,
    ),
    # scale: the authors draw 1 + 0.35 N(0, 1) clipped to this range, MMPose a truncated normal; rotation: the authors
    # draw 45 N(0, 1) clipped to +-90 degrees, MMPose 80 times a normal truncated to +-1, the same standard deviation
    jitter=dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        scale_factor=(0.65, 1.35),
        scale_prob=1.0,
        rotate_factor=80.0,
        rotate_prob=0.6,
    ),
    crop=dict(type="TopdownAffine", input_size=(192, 256), use_udp=True),
    target=dict(type="GenerateTarget", encoder=codec),
    pack=dict(type="PackPoseInputs"),
)
train_steps = ("load", "box", "flip", "half_body", "jitter", "crop", "target", "pack")
val_steps = ("load", "box", "crop", "pack")  # neither augmentation nor targets
