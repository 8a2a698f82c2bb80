# Table 5: the baseline and RePPG
_base_ = ["_single.py", "_coco_stride8.py"]

model = dict(head=dict(spatial=None, weights=dict(diversity=0.0), decoder=_base_.codec))
