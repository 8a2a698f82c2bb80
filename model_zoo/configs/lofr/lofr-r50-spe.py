# Table 5: the baseline and SPE
_base_ = ["_single.py", "_coco_stride8.py"]

model = dict(head=dict(relations=None, weights=dict(diversity=0.0), decoder=_base_.codec))
