# Tables 1 and 2: no encoder, levels C2-C5 (the printed GFLOPs fit no other), without the heatmap
# branch
_base_ = ["_r18.py"]

model = dict(
    backbone=dict(out_indices=(0, 1, 2, 3)),
    head=dict(in_channels=(64, 128, 256, 512), encoder_layers=0, aux_weight=0.0),
)
smoke = dict(model=dict(head=dict(in_channels=(16, 32, 64, 128), encoder_layers=0)))
lab = dict(model=dict(head=dict(in_channels=(64, 128, 256, 512))))
