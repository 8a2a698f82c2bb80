# batch: the file, 14 on one GPU
_base_ = ["_h.py", "../_base_/coco_256x192.py"]

model = dict(head=dict(layers=5, dim=96, hidden=192, decoder=_base_.codec))
train_dataloader = dict(batch_size=14)
