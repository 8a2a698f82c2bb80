# LOFR with HRNet-W32: its three finest branches are encoded, the finest feeds the CNN's classifier.
_base_ = ["_lofr.py", "_coco.py", "../_base_/hrnet.py"]

model = dict(
    backbone=dict(
        _delete_=True,
        type="HRNetBranches",
        branches=3,
        extra=_base_.hrnet_w32,
        init_cfg=dict(
            type="Pretrained", checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/hrnet_w32-36af842e.pth"
        ),
    ),
    head=dict(in_channels=(32, 64, 128), strides=(4, 8, 16), category=0, decoder=_base_.codec),
)

# HRNet halves the image five times: its sides are multiples of 32
smoke = {
    "codec": dict(input_size=(64, 64), heatmap_size=(16, 16)),
    "model.backbone": dict(
        _delete_=True,
        extra=dict(
            stage1=dict(num_blocks=(1,), num_channels=(16,)),
            stage2=dict(num_blocks=(1, 1), num_channels=(12, 24)),
            stage3=dict(num_modules=1, num_blocks=(1, 1, 1), num_channels=(12, 24, 48)),
            stage4=dict(num_modules=1, num_blocks=(1, 1, 1, 1), num_channels=(12, 24, 48, 96)),
        ),
    ),
    "model.head": dict(in_channels=(12, 24, 48)),
}
lab = {
    "model.backbone": dict(
        _delete_=True,
        extra=dict(
            stage1=dict(num_blocks=(2,)),
            stage2=dict(num_blocks=(2, 2)),
            stage3=dict(num_modules=2, num_blocks=(2, 2, 2)),
            stage4=dict(num_modules=1, num_blocks=(2, 2, 2, 2)),
        ),
    ),
    "model.head": dict(in_channels=(32, 64, 128)),
}
