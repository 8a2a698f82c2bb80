_base_ = ["_r50.py", "_coco.py"]

model = dict(head=dict(decoder=_base_.codec))
