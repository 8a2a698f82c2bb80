# ResNet-50, otherwise as _r18.py
_base_ = ["_r18.py"]

model = dict(
    backbone=dict(depth=50, init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50")),
    head=dict(in_channels=(512, 1024, 2048)),
)
