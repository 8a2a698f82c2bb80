# Table 2d.
_base_ = ["_r50.py", "_coco.py", "_1x.py"]

model = dict(head=dict(num_parts=13))
