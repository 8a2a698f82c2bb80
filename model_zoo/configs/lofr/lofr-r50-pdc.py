# Table 5: the baseline and PDC
_base_ = ["_single.py", "_coco_stride8.py"]

model = dict(head=dict(spatial=None, relations=None, decoder=_base_.codec))
