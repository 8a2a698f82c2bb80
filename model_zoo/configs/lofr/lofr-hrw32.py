_base_ = ["_hrw32.py", "_coco.py"]

model = dict(head=dict(decoder=_base_.codec))
