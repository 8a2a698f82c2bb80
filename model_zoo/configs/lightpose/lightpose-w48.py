_base_ = ["_w48.py", "_coco.py"]

model = dict(head=dict(decoder=_base_.codec))
