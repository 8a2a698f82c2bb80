_base_ = ["_deeppose.py"]

model = dict(
    backbone=dict(
        depth=101, init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet101")
    ),
)
