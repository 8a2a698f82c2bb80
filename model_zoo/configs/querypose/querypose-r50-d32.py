# Table 2c.
_base_ = ["_r50.py", "_coco.py", "_1x.py"]

model = dict(head=dict(part_dim=32))
smoke = dict(model=dict(head=dict(part_dim=8)))
lab = dict(model=dict(head=dict(part_dim=32)))
