_base_ = ["_hrw48.py", "_coco.py"]

model = dict(head=dict(decoder=_base_.codec))
