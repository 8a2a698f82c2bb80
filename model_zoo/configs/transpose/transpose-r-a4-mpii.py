# Table 5, trained on MPII alone: 230 epochs, 256x256. Batch: no file for MPII; that on COCO.
_base_ = ["_r.py", "../_base_/mpii_udp.py"]

model = dict(head=dict(out_channels=16, grid_size=(32, 32), decoder=_base_.codec))
train_dataloader = dict(total_batch_size=20, group_size=20)

smoke = {"codec": dict(input_size=(64, 64), heatmap_size=(16, 16)), "model.head": dict(grid_size=(8, 8))}
lab = {"codec": dict(input_size=(256, 256), heatmap_size=(64, 64))}
