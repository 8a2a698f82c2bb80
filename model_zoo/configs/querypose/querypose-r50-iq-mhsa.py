# Table 1.
_base_ = ["_r50.py", "_coco.py", "_1x.py"]

model = dict(head=dict(query="instance", interaction="mhsa", iteration="none"))
