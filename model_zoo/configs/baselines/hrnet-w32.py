_base_ = ["_hrnet_w32.py", "../_base_/coco_msra.py"]

model = dict(head=dict(decoder=_base_.codec))
