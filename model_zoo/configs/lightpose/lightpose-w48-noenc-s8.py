# Table 5: no encoder, output stride 8
_base_ = ["_w48.py", "_coco_s8.py"]

model = dict(backbone=dict(stride=8), head=dict(in_channels=96, layers=0, decoder=_base_.codec))
expected_output = dict(heatmaps=("B", "K", "H/8", "W/8"), offsets=("B", "K", 2, "H/8", "W/8"))
smoke = dict(codec=dict(heatmap_size=(12, 16)), model=dict(head=dict(in_channels=24)))
lab = dict(codec=dict(heatmap_size=(24, 32)), model=dict(head=dict(in_channels=48)))
