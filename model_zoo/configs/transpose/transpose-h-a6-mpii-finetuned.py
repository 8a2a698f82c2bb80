# Table 5, fine-tuned from COCO at 256x256: 100 epochs.
# The final layer is new and starts uniform; 1e-5 for the pre-trained layers, 1e-4 for it, "with
# decay": a cosine to a tenth is this reading. `start_from` names the model whose COCO checkpoint
# the run loads; entries of another shape (final layer, position embedding) are left out.
_base_ = ["_h.py", "../_base_/mpii_256x256.py"]

model = dict(
    head=dict(out_channels=16, grid_size=(64, 64), layers=6, final_std=None, decoder=_base_.codec)
)
start_from = "transpose-h-a6"
train_dataloader = dict(batch_size=56)
train_cfg = dict(max_epochs=100)
optim_wrapper = dict(
    optimizer=dict(lr=1e-5),
    paramwise_cfg=dict(custom_keys={"head.final_layer": dict(lr_mult=10.0)}),
)
param_scheduler = [
    dict(type="CosineAnnealingLR", T_max=100, eta_min_ratio=0.1, begin=0, end=100, by_epoch=True)
]

smoke = dict(
    codec=dict(input_size=(64, 64), heatmap_size=(16, 16)),
    model=dict(head=dict(grid_size=(16, 16))),
)
lab = dict(
    codec=dict(input_size=(256, 256), heatmap_size=(64, 64)),
    model=dict(head=dict(grid_size=(64, 64))),
)
