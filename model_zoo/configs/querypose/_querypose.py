# QueryPose: what every variant shares; backbone and neck come with the config that names this file.
_base_ = ["../_base_/runtime.py", "_tiers.py"]

model = dict(
    type="QueryPose",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=32,
    ),
    head=dict(
        type="QueryPoseHead",
        num_keypoints=17,
        num_parts=7,
        num_queries=100,
        num_stages=6,
        strides=(4, 8, 16, 32),
        widths=dict(
            dim=256,
            part_dim=128,
            channels=256,
            heads=8,
            hidden=2048,
            dynamic_hidden=64,
            conv_hidden=512,
            conv_layers=6,
        ),
        pooling=dict(box_size=7, pose_size=14, outside="border", canonical_size=224),
        query="part",
        interaction="spegm",
        iteration="selective",
        instance_update=True,
        loss=dict(class_weight=2.0, l1_weight=5.0, giou_weight=2.0, keypoint_weight=1.0),
    ),
    test_cfg=dict(),
)
# parameters that no output of mode="tensor" trains, and why
no_gradient = {
    "head.criterion.flow.*": "the flow belongs to the loss",
    "head.pose_stages.*.iteration.unused*": "in the published checkpoints, used by nothing",
    "neck.output.*": "in a small image there may be no box of a pyramid level's size",
}
input_size = (1088, 800)  # what is counted and timed: short side 800, the usual 4:3 image
expected_output = dict(
    logits=("S", "B", "Q"), boxes=("S", "B", "Q", 4), mu=("S", "B", "Q", "K", 2), sigma=("S", "B", "Q", "K", 2)
)

# AdamW with weight decay on everything, norms and embeddings too; one gradient norm over all parameters
optim_wrapper = dict(
    optimizer=dict(type="AdamW", lr=2.5e-5, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-4),
    paramwise_cfg=dict(custom_keys={"head.criterion.flow": dict(lr_mult=10.0)}),
    clip_grad=dict(max_norm=1.0, norm_type=2),
)
randomness = dict(seed=40244023)
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=5000))
log_processor = dict(by_epoch=False)
find_unused_parameters = True  # SelectiveIteration has two layers that nothing uses

# The main rows' schedule (paper, Sec. 4.1); the warm-up is the code's.
train_cfg = dict(max_iters=280_000, val_interval=4100)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.01, begin=0, end=1000, by_epoch=False),
    dict(type="MultiStepLR", milestones=[220_000, 260_000], gamma=0.1, begin=0, end=280_000, by_epoch=False),
]
