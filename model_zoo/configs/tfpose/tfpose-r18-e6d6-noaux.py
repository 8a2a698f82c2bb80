# Tables 3 and 4
_base_ = ["_r18.py", "_coco_256x192.py"]

model = dict(head=dict(aux_weight=0.0, decoder=_base_.codec))
