# HRNet-W32 and HRFPN. Starts from the heatmap model of the same backbone on COCO (as the published file; the paper
# reports 1.5 AP from that); batch norm trains, nothing is frozen.
_base_ = ["_querypose.py", "../_base_/hrnet.py"]

model = dict(
    backbone=dict(
        type="HRNet",
        extra=dict(_base_.hrnet_w32, stage4=dict(_base_.hrnet_w32.stage4, multiscale_output=True)),
        init_cfg=dict(
            type="Pretrained",
            prefix="backbone.",
            checkpoint="https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/topdown_heatmap/coco/td-hm_hrnet-w32_8xb64-210e_coco-384x288-ca5956af_20220909.pth",
        ),
    ),
    neck=dict(type="HRFPN", in_channels=[32, 64, 128, 256], out_channels=256),
)

smoke = {
    "model.backbone.extra": dict(
        stage1=dict(num_blocks=(1,), num_channels=(16,)),
        stage2=dict(num_blocks=(1, 1), num_channels=(8, 16)),
        stage3=dict(num_modules=1, num_blocks=(1, 1, 1), num_channels=(8, 16, 32)),
        stage4=dict(num_modules=1, num_blocks=(1, 1, 1, 1), num_channels=(8, 16, 32, 64)),
    ),
    "model.neck": dict(in_channels=[8, 16, 32, 64]),
}
lab = {
    "model.backbone.extra": dict(
        stage1=dict(num_blocks=(2,)),
        stage2=dict(num_blocks=(2, 2)),
        stage3=dict(num_modules=2, num_blocks=(2, 2, 2)),
        stage4=dict(num_modules=1, num_blocks=(2, 2, 2, 2)),
    )
}
