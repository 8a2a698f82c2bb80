# Table 5, trained on MPII alone: 230 epochs, 256x256. Batch: no file for MPII; that on COCO.
_base_ = ["_h.py", "../_base_/mpii_udp.py"]

model = dict(head=dict(out_channels=16, grid_size=(64, 64), layers=6, decoder=_base_.codec))
train_cfg = dict(max_epochs=230)
param_scheduler = [dict(type="CosineAnnealingLR", T_max=230, eta_min=1e-5, begin=0, end=230, by_epoch=True)]
train_dataloader = dict(total_batch_size=56, group_size=14)

smoke = {"codec": dict(input_size=(64, 64), heatmap_size=(16, 16)), "model.head": dict(grid_size=(16, 16))}
lab = {"codec": dict(input_size=(256, 256), heatmap_size=(64, 64))}
