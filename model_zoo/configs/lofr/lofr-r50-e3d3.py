# Table 6
_base_ = ["_lofr.py", "_coco.py"]

model = dict(head=dict(encoder_layers=3, decoder_layers=3, decoder=_base_.codec))
