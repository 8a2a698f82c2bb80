# Table 5: no encoder, output stride 16
_base_ = ["_w48.py", "_coco_s16.py"]

model = dict(backbone=dict(stride=16), head=dict(in_channels=192, layers=0, decoder=_base_.codec))
expected_output = dict(heatmaps=("B", "K", "H/16", "W/16"), offsets=("B", "K", 2, "H/16", "W/16"))
smoke = dict(model=dict(head=dict(in_channels=48)))
lab = dict(model=dict(head=dict(in_channels=96)))
