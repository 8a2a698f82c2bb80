_base_ = ["_r.py", "../_base_/coco_256x192.py"]

model = dict(head=dict(layers=3, decoder=_base_.codec))
train_dataloader = dict(batch_size=28)
