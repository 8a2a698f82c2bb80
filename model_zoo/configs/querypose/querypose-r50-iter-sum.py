# Table 2a.
_base_ = ["_r50.py", "_coco.py", "_1x.py"]

model = dict(head=dict(iteration="sum"))
