# SimpleBaseline on MPII, 256x256
_base_ = ["_simplebaseline.py", "../_base_/mpii_msra.py"]

model = dict(
    backbone=dict(depth=152, init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet152")),
    head=dict(out_channels=16, decoder=_base_.codec),
)
smoke = {"codec": dict(input_size=(64, 64), heatmap_size=(16, 16))}
lab = {"codec": dict(input_size=(256, 256), heatmap_size=(64, 64))}
