# Table 3, Figure 3(a): the instance query passes through the box decoder only.
_base_ = ["_r50.py", "_coco.py", "_1x.py"]

model = dict(head=dict(instance_update=False))
