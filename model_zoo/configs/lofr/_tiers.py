# What smoke and lab runs of every LOFR share: crops of 48x64 or 192x256 (width x height), short schedules.
# Synthetic people are whole, while on COCO more than half are not, and labels that are all 1 teach nothing. So the
# crop is shifted and zoomed at random: what it shows differs, and with it the labels. The draw knows the box alone.
smoke = dict(
    codec=dict(input_size=(48, 64), heatmap_size=(12, 16), sigma=1),
    train_cfg=dict(_delete_=True, by_epoch=False, max_iters=300, val_interval=300),
    optim_wrapper=dict(
        _delete_=True,
        optimizer=dict(type="AdamW", lr=5e-3, weight_decay=1e-4),
        clip_grad=dict(max_norm=1.0),
    ),
    param_scheduler=[
        dict(type="LinearLR", start_factor=0.02, begin=0, end=50, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=250, eta_min=1e-5, begin=50, end=300, by_epoch=False),
    ],
    train_dataloader=dict(
        batch_size=16,
        num_workers=0,
        persistent_workers=False,
        sampler=dict(type="InfiniteSampler", shuffle=True),
        dataset=dict(
            pipeline={"3": dict(shift_prob=1.0, shift_factor=0.3, scale_factor=(0.45, 1.25))}
        ),
    ),
    val_dataloader=dict(batch_size=64, num_workers=0, persistent_workers=False),
    test_dataloader=dict(batch_size=64, num_workers=0, persistent_workers=False),
    default_hooks=dict(checkpoint=dict(by_epoch=False, interval=20, max_keep_ckpts=1)),
    log_processor=dict(by_epoch=False),
    env_cfg=dict(cudnn_benchmark=False),
    auto_scale_lr=None,
    model=dict(
        backbone=dict(
            depth=18,
            stem_channels=16,
            base_channels=16,
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(in_channels=(16, 32, 64, 128), dim=32, heads=2, hidden=64, dropout=0.0),
    ),
)
lab = dict(
    train_cfg=dict(max_epochs=30, val_interval=30),
    optim_wrapper=dict(
        _delete_=True,
        type="AmpOptimWrapper",
        dtype="bfloat16",
        optimizer=dict(type="AdamW", lr=1e-3, weight_decay=1e-4),
        clip_grad=dict(max_norm=1.0),
    ),
    param_scheduler=[
        dict(type="LinearLR", start_factor=0.02, begin=0, end=200, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=30, eta_min=1e-5, begin=0, end=30, by_epoch=True),
    ],
    train_dataloader=dict(
        batch_size=128,
        num_workers=12,
        dataset=dict(
            pipeline={"3": dict(shift_prob=1.0, shift_factor=0.3, scale_factor=(0.45, 1.25))}
        ),
    ),
    val_dataloader=dict(batch_size=128, num_workers=12),
    test_dataloader=dict(batch_size=128, num_workers=12),
    auto_scale_lr=None,
    model=dict(
        backbone=dict(
            depth=18,
            init_cfg=[
                dict(type="Kaiming", layer=["Conv2d"]),
                dict(type="Constant", val=1, layer=["_BatchNorm"]),
            ],
        ),
        head=dict(in_channels=(64, 128, 256, 512)),
    ),
)
