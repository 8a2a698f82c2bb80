# What every top-down model shares: the images' normalisation, flip test, and the smoke and lab tiers:
# crops of 48x64 or 192x256 (width x height), short schedules, a backbone from random weights.
_base_ = ["runtime.py"]

model = dict(
    type="CheckedTopdown",
    data_preprocessor=dict(
        type="PoseDataPreprocessor", mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True
    ),
    test_cfg=dict(flip_test=True),
)

smoke = {
    "codec": dict(input_size=(48, 64), heatmap_size=(12, 16), sigma=1, blur_kernel_size=5),
    "train_cfg": dict(_delete_=True, type="GroupedTrainLoop", max_iters=160, val_interval=160),
    "optim_wrapper": dict(
        _delete_=True, optimizer=dict(type="AdamW", lr=6e-3, weight_decay=1e-4), clip_grad=dict(max_norm=1.0)
    ),
    "param_scheduler": [
        dict(type="LinearLR", start_factor=0.02, begin=0, end=40, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=120, eta_min=1e-5, begin=40, end=160, by_epoch=False),
    ],
    "train_dataloader": dict(total_batch_size=32, group_size=None, num_workers=0, persistent_workers=False),
    "val_dataloader": dict(batch_size=64, num_workers=0, persistent_workers=False),
    "test_dataloader": dict(batch_size=64, num_workers=0, persistent_workers=False),
    "default_hooks.checkpoint": dict(by_epoch=False, interval=20, max_keep_ckpts=1),
    "log_processor.by_epoch": False,
    "env_cfg.cudnn_benchmark": False,
    "model.backbone.init_cfg": [
        dict(type="Kaiming", layer=["Conv2d"]),
        dict(type="Constant", val=1, layer=["_BatchNorm"]),
    ],
}
lab = {
    "codec": dict(input_size=(192, 256), heatmap_size=(48, 64), sigma=2),
    "train_cfg": dict(max_epochs=20, val_interval=20),
    "optim_wrapper": dict(
        _delete_=True,
        type="AmpOptimWrapper",
        dtype="bfloat16",
        optimizer=dict(type="AdamW", lr=1e-3, weight_decay=1e-4),
        clip_grad=dict(max_norm=1.0),
    ),
    "param_scheduler": [
        dict(type="LinearLR", start_factor=0.02, begin=0, end=200, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=20, eta_min=1e-5, begin=0, end=20, by_epoch=True),
    ],
    "train_dataloader": dict(total_batch_size=256, group_size=None, num_workers=12),
    "val_dataloader": dict(batch_size=256, num_workers=12),
    "test_dataloader": dict(batch_size=256, num_workers=12),
    "model.backbone.init_cfg": smoke["model.backbone.init_cfg"],
}
