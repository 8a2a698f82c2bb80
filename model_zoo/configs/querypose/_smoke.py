# The smaller tiers, on synthetic scenes of several people (320x240): same structure, fewer stages and
# proposals, narrow.
smoke = dict(
    input_size=(160, 128),
    model=dict(
        head=dict(
            num_queries=12,
            num_stages=3,
            dim=64,
            part_dim=32,
            channels=32,
            heads=4,
            hidden=128,
            dynamic_hidden=16,
            box_size=5,
            pose_size=8,
            conv_hidden=32,
            conv_layers=2,
            canonical_size=56,
        ),
        neck=dict(out_channels=32),
    ),
    train_cfg=dict(max_iters=300, val_interval=300),
    optim_wrapper=dict(optimizer=dict(lr=1e-3)),
    param_scheduler=[
        dict(type="LinearLR", start_factor=0.02, begin=0, end=30, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=270, eta_min=1e-5, begin=30, end=300, by_epoch=False),
    ],
    train_dataloader=dict(
        batch_size=8,
        num_workers=0,
        persistent_workers=False,
        dataset=dict(
            data_root="data/full/coco-scenes/",
            pipeline=[
                dict(type="LoadImage"),
                dict(type="SceneFlip", prob=0.5),
                dict(type="SceneResize", short=[112, 120, 128], long=214),
                dict(type="SceneTargets"),
                dict(type="PackPoseInputs"),
            ],
        ),
    ),
    env_cfg=dict(cudnn_benchmark=False),
)
