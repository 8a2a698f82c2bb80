# What both LightPose models share. The encoder has 6 layers: the paper's Table 1 says 12, its parameter and FLOPs
# columns say 6 (bench/papers/lightpose, NOTES-model.md). Optimisation (Sec. 3.2): Adam, 220 epochs, 1e-3, a tenth
# from epochs 160 and 200. Not printed, as HRNet's, at whose batch 1e-3 is the rate: 32 images on each of 4 GPUs, no
# warm-up or decay.
_base_ = ["../_base_/topdown.py"]

model = dict(
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
    )
)
expected_output = dict(heatmaps=("B", "K", "H/16", "W/16"), offsets=("B", "K", 2, "H/16", "W/16"))

train_cfg = dict(max_epochs=220, val_interval=10)
optim_wrapper = dict(optimizer=dict(type="Adam", lr=1e-3))
param_scheduler = [dict(type="MultiStepLR", begin=0, end=220, milestones=[160, 200], gamma=0.1, by_epoch=True)]

# Crops of 96x128 (width x height), twice the side of other smoke runs: Table 5 compares strides, and
# what a stride costs is decided by its grid. Strides 4, 8, 16, 32 have 24x32, 12x16, 6x8, 3x4 cells,
# half the paper's in each direction. Narrower, but wider than the 51 outputs; the encoder keeps its depth and h / d.
smoke = {
    "codec": dict(_delete_=True, input_size=(96, 128), heatmap_size=(6, 8)),
    "model.head": dict(dim=64, heads=4, hidden=128, dropout=0.0),
}
lab = {"codec": dict(_delete_=True, input_size=(192, 256), heatmap_size=(12, 16))}
