_base_ = ["_simplebaseline.py", "../_base_/coco_msra_256x192.py"]

model = dict(
    backbone=dict(
        depth=101,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet101"),
    ),
    head=dict(decoder=_base_.codec),
)
