# What both LightPose models share. The encoder has 6 layers: the paper's Table 1 says 12, its
# parameter and FLOPs columns say 6 (bench/papers/lightpose, NOTES-model.md).
_base_ = ["_schedule.py"]

model = dict(
    type="TopdownPoseEstimator",
    data_preprocessor=dict(
        type="PoseDataPreprocessor",
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    head=dict(
        type="LightPoseHead",
        out_channels=17,
        dim=256,
        layers=6,
        heads=8,
        hidden=512,
        dropout=0.1,
        offset=True,
        threshold=0.1,
        offset_weight=1.0,
    ),
    test_cfg=dict(flip_test=True),
)
expected_output = dict(heatmaps=("B", "K", "H/16", "W/16"), offsets=("B", "K", 2, "H/16", "W/16"))

# narrower, from random weights; the encoder keeps its depth and h / d
smoke = dict(model=dict(head=dict(dim=32, heads=4, hidden=64, dropout=0.0)))
