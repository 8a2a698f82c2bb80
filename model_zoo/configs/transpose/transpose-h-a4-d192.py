# batch: the file, 15 on each of four GPUs
_base_ = ["_h.py", "../_base_/coco_256x192.py"]

model = dict(head=dict(layers=4, dim=192, hidden=384, decoder=_base_.codec))
train_dataloader = dict(batch_size=60)
smoke = dict(model=dict(head=dict(dim=48, hidden=96)))
