# Table 2b: stacked convolutions, average pooling, one linear layer.
_base_ = ["_r50.py", "_coco.py", "_1x.py"]

model = dict(head=dict(query="none"))
