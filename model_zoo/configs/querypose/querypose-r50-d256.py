# Table 2c.
_base_ = ["_r50.py", "_coco.py", "_1x.py"]

model = dict(head=dict(part_dim=256))
smoke = dict(model=dict(head=dict(part_dim=64)))
lab = dict(model=dict(head=dict(part_dim=256)))
