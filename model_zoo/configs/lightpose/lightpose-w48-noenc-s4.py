# Table 5: no encoder, output stride 4
_base_ = ["_w48.py", "_coco_s4.py"]

model = dict(backbone=dict(stride=4), head=dict(in_channels=48, layers=0, decoder=_base_.codec))
expected_output = dict(heatmaps=("B", "K", "H/4", "W/4"), offsets=("B", "K", 2, "H/4", "W/4"))
smoke = dict(codec=dict(heatmap_size=(24, 32)), model=dict(head=dict(in_channels=12)))
lab = dict(codec=dict(heatmap_size=(48, 64)), model=dict(head=dict(in_channels=24)))
