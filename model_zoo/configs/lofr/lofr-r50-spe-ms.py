# Table 5: the baseline and SPE and MS
_base_ = ["_lofr.py", "_coco.py"]

model = dict(head=dict(relations=None, weights=dict(diversity=0.0), decoder=_base_.codec))
