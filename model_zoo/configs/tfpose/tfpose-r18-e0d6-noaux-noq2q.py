# Table 1, without query-to-query attention
_base_ = ["_r18_e0.py", "_coco_256x192.py"]

model = dict(head=dict(q2q=False, decoder=_base_.codec))
