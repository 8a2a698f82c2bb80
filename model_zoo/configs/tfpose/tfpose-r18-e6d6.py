# Table 4
_base_ = ["_r18.py", "_coco_256x192.py"]

model = dict(head=dict(decoder=_base_.codec))
