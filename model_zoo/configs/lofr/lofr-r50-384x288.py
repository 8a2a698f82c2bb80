_base_ = ["_lofr.py", "_coco_384x288.py"]

model = dict(head=dict(input_size=(288, 384), decoder=_base_.codec))
