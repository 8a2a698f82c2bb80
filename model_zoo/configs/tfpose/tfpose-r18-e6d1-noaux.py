# Table 3
_base_ = ["_r18.py", "_coco_256x192.py"]

model = dict(head=dict(decoder_layers=1, aux_weight=0.0, decoder=_base_.codec))
