_base_ = ["_simplebaseline.py", "../_base_/coco_msra.py"]

model = dict(head=dict(decoder=_base_.codec))
