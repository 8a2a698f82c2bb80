# Tables 1 and 2, with query-to-query attention and 256 channels
_base_ = ["_r18_e0.py", "_coco_256x192.py"]

model = dict(head=dict(decoder=_base_.codec))
