# HRNet-W48 and FPN (one lateral convolution for each branch; the published neck is another than W32's, its
# details are not known); otherwise as _hrw32.py.
_base_ = ["_hrw32.py"]

model = dict(
    backbone=dict(
        extra=dict(_base_.hrnet_w48, stage4=dict(_base_.hrnet_w48.stage4, multiscale_output=True)),
        init_cfg=dict(
            checkpoint="https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/topdown_heatmap/coco/td-hm_hrnet-w48_8xb32-210e_coco-384x288-c161b7de_20220915.pth"
        ),
    ),
    neck=dict(type="SumFPN", in_channels=[48, 96, 192, 384]),
)
