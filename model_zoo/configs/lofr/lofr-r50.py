_base_ = ["_lofr.py", "_coco.py"]

model = dict(head=dict(decoder=_base_.codec))
