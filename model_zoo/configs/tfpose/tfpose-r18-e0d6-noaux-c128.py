# Table 2, 128 channels (feed-forward width unchanged)
_base_ = ["_r18_e0.py", "_coco_256x192.py"]

model = dict(head=dict(dim=128, decoder=_base_.codec))
smoke = dict(model=dict(head=dict(dim=16)))
