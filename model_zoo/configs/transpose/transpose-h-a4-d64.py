# batch: the file, 28 on one GPU
_base_ = ["_h.py", "../_base_/coco_256x192.py"]

model = dict(head=dict(layers=4, dim=64, hidden=128, decoder=_base_.codec))
train_dataloader = dict(batch_size=28)
smoke = dict(model=dict(head=dict(dim=16, hidden=32)))
