# Table 6
_base_ = ["_lofr.py", "_coco.py"]

model = dict(head=dict(encoder_layers=2, decoder_layers=2, decoder=_base_.codec))
