# Table 6
_base_ = ["_lofr.py", "_coco.py"]

model = dict(head=dict(encoder_layers=4, decoder_layers=4, decoder=_base_.codec))
