_base_ = ["_w48.py", "_coco_s16.py"]

model = dict(head=dict(decoder=_base_.codec))
