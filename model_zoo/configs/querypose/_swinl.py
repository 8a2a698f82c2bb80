# Swin-L (ImageNet-22k, 224, window 7) and FPN. Stochastic depth is not known; detectron2's port has 0.2.
_base_ = ["_querypose.py"]

model = dict(
    backbone=dict(
        type="ReleasedSwin",
        embed_dims=192,
        depths=(2, 2, 18, 2),
        num_heads=(6, 12, 24, 48),
        window_size=7,
        drop_path_rate=0.2,
        init_cfg=dict(
            type="Pretrained",
            checkpoint="https://github.com/SwinTransformer/storage/releases/download/v1.0.0/swin_large_patch4_window7_224_22k.pth",
        ),
    ),
    neck=dict(type="SumFPN", in_channels=[192, 384, 768, 1536], out_channels=256),
)

smoke = {
    "model.backbone": dict(
        embed_dims=16,
        depths=(1, 1, 2, 1),
        num_heads=(1, 2, 4, 8),
        drop_path_rate=0.0,
        init_cfg=dict(_delete_=True, type="TruncNormal", std=0.02, layer="Linear"),
    ),
    "model.neck": dict(in_channels=[16, 32, 64, 128]),
}
lab = {
    "model.backbone": dict(
        embed_dims=96,
        depths=(2, 2, 6, 2),
        num_heads=(3, 6, 12, 24),
        init_cfg=dict(_delete_=True, type="TruncNormal", std=0.02, layer="Linear"),
    ),
    "model.neck": dict(in_channels=[96, 192, 384, 768]),
}
