_base_ = ["_r50.py", "_coco_256x192.py"]

model = dict(head=dict(encoder_layers=4, decoder=_base_.codec))
smoke = dict(model=dict(head=dict(encoder_layers=2)))
