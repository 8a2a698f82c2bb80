# ResNet-50 and FPN: batch norm frozen everywhere, stem and first stage frozen whole.
_base_ = ["_querypose.py", "_coco.py"]

model = dict(
    backbone=dict(
        type="ResNet",
        depth=50,
        out_indices=(0, 1, 2, 3),
        norm_cfg=dict(type="FrozenBN"),
        frozen_stages=1,
        zero_init_residual=False,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50"),
    ),
    neck=dict(type="SumFPN", in_channels=[256, 512, 1024, 2048], out_channels=256),
)

# from random weights, so nothing is frozen
smoke = {
    "model.backbone": dict(depth=18, stem_channels=16, base_channels=16, norm_cfg=dict(type="BN"), frozen_stages=-1),
    "model.neck": dict(in_channels=[16, 32, 64, 128]),
}
lab = {
    "model.backbone": dict(depth=18, norm_cfg=dict(type="BN"), frozen_stages=-1),
    "model.neck": dict(in_channels=[64, 128, 256, 512]),
}
