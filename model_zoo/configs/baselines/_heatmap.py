# What SimpleBaseline and HRNet share: heatmaps at 1/4, the squared error.
_base_ = ["_schedule.py"]

model = dict(
    head=dict(type="HeatmapHead", out_channels=17, loss=dict(type="KeypointMSELoss", use_target_weight=True)),
    train_cfg=dict(compute_acc=False),
    test_cfg=dict(flip_mode="heatmap", shift_heatmap=True),
)
expected_output = dict(heatmaps=("B", "K", "H/4", "W/4"))
