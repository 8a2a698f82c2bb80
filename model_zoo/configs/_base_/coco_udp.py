# COCO keypoints, top-down, 256x192 (height x width), pixel centres aligned (UDP), DARK decoding.
# Half-body, scale, rotation and flip follow HRNet's recipe as TransPose's authors run it; where MMPose draws
# differently the comment says so.
_base_ = ["coco_boxes.py"]

# MMPoseInferencer asks for these two
data_mode = "topdown"
dataset_type = "CocoDataset"
codec = dict(type="DarkHeatmap", input_size=(192, 256), heatmap_size=(48, 64), sigma=2)

train_pipeline = [
    dict(type="LoadImage"),
    dict(type="GetBBoxCenterScale", padding=1.25),
    dict(type="RandomFlip", direction="horizontal", prob=0.5),
    # upper body with probability P(N(0, 1) < 0.5) = 0.69; each half needs more than 2 keypoints
    dict(
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
    dict(
        type="RandomBBoxTransform",
        shift_prob=0.0,
        scale_factor=(0.65, 1.35),
        scale_prob=1.0,
        rotate_factor=80.0,
        rotate_prob=0.6,
    ),
    dict(type="TopdownAffine", input_size=(192, 256), use_udp=True),
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
val_pipeline = [*train_pipeline[:2], train_pipeline[-3], train_pipeline[-1]]  # neither augmentation nor targets

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
