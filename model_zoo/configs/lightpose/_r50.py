# ResNet-50 without c5
_base_ = ["_lightpose.py"]

model = dict(
    backbone=dict(
        type="ResNet",
        depth=50,
        num_stages=3,
        strides=(1, 2, 2),
        dilations=(1, 1, 1),
        out_indices=(2,),
        zero_init_residual=False,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50"),
    ),
    head=dict(in_channels=1024),
)

smoke = {"model.backbone": dict(depth=18, stem_channels=16, base_channels=16), "model.head": dict(in_channels=64)}
lab = {"model.backbone.depth": 18, "model.head.in_channels": 256}
