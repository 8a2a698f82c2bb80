# Table 5: no encoder, output stride 32
_base_ = ["_w48.py", "_coco_s32.py"]

model = dict(backbone=dict(stride=32), head=dict(in_channels=384, layers=0, decoder=_base_.codec))
expected_output = dict(heatmaps=("B", "K", "H/32", "W/32"), offsets=("B", "K", 2, "H/32", "W/32"))
smoke = dict(codec=dict(heatmap_size=(3, 4)), model=dict(head=dict(in_channels=96)))
lab = dict(codec=dict(heatmap_size=(6, 8)), model=dict(head=dict(in_channels=192)))
