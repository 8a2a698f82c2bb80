_base_ = ["_r50.py", "_coco_256x192.py"]

model = dict(head=dict(decoder=_base_.codec))
