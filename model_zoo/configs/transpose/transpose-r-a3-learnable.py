# Table 4, learnable position embedding (N(0, 1) at the start: not published)
_base_ = ["_r.py", "../_base_/coco_256x192.py"]

model = dict(head=dict(layers=3, position="learnable", decoder=_base_.codec))
train_dataloader = dict(batch_size=28)
