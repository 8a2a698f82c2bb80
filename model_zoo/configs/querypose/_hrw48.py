# HRNet-W48 and FPN (one lateral convolution for each branch; the published neck is another than W32's, its
# details are not known). Starts from the heatmap model of the same backbone on COCO; batch norm trains,
# nothing is frozen.
_base_ = ["_model.py", "../_base_/hrnet.py"]

model = dict(
    backbone=dict(
        type="HRNet",
        extra=dict(
            _base_.hrnet_w48,
            stage4=dict(_base_.hrnet_w48.stage4, multiscale_output=True),
        ),
        init_cfg=dict(
            type="Pretrained",
            prefix="backbone.",
            checkpoint="https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/topdown_heatmap/coco/"
            "td-hm_hrnet-w48_8xb32-210e_coco-384x288-c161b7de_20220915.pth",
        ),
    ),
    neck=dict(type="SumFPN", in_channels=[48, 96, 192, 384], out_channels=256),
)

smoke = dict(
    model=dict(
        backbone=dict(
            extra=dict(
                stage1=dict(num_blocks=(1,), num_channels=(16,)),
                stage2=dict(num_blocks=(1, 1), num_channels=(8, 16)),
                stage3=dict(num_modules=1, num_blocks=(1, 1, 1), num_channels=(8, 16, 32)),
                stage4=dict(num_modules=1, num_blocks=(1, 1, 1, 1), num_channels=(8, 16, 32, 64)),
            ),
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        neck=dict(in_channels=[8, 16, 32, 64]),
    ),
)
lab = dict(
    model=dict(
        backbone=dict(
            extra=dict(
                stage1=dict(num_blocks=(2,)),
                stage2=dict(num_blocks=(2, 2)),
                stage3=dict(num_modules=2, num_blocks=(2, 2, 2)),
                stage4=dict(num_modules=1, num_blocks=(2, 2, 2, 2)),
            ),
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
    ),
)
