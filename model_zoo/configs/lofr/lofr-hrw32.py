# LOFR with HRNet-W32: its three finest branches are encoded, the finest feeds the CNN's classifier.
_base_ = ["_coco.py", "../_base_/hrnet.py"]

model = dict(
    backbone=dict(
        _delete_=True,
        type="HRNetBranches",
        branches=(0, 1, 2),
        extra=_base_.hrnet_w32,
        init_cfg=dict(
            type="Pretrained", checkpoint="https://download.openmmlab.com/mmpose/pretrain_models/hrnet_w32-36af842e.pth"
        ),
    ),
    head=dict(in_channels=(32, 64, 128), strides=(4, 8, 16), category=0),
)

# Smoke: the last stage without its branch at 1/32, which 48x64 (one and a half cells wide there) does not allow and
# LOFR does not read. Lab: the network as it is.
smoke = {
    "model.backbone": dict(
        _delete_=True,
        extra=dict(
            stage1=dict(num_blocks=(1,), num_channels=(16,)),
            stage2=dict(num_blocks=(1, 1), num_channels=(12, 24)),
            stage3=dict(num_modules=1, num_blocks=(1, 1, 1), num_channels=(12, 24, 48)),
            stage4=dict(num_modules=1, num_branches=3, num_blocks=(1, 1, 1), num_channels=(12, 24, 48)),
        ),
    ),
    "model.head": dict(in_channels=(12, 24, 48), category=0),
}
