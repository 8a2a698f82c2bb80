# Table 5: the baseline and RePPG and PDC
_base_ = ["_single.py", "_coco_stride8.py"]

model = dict(head=dict(spatial=None, decoder=_base_.codec))
