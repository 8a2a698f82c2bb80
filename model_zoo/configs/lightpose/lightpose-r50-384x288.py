_base_ = ["_r50.py", "_coco_384x288.py"]

model = dict(head=dict(decoder=_base_.codec))
