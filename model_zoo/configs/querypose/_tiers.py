# The smaller tiers, on synthetic scenes of several people (320x240): the same structure, fewer stages and proposals,
# narrower. Boxes are pooled from finer maps than their size in pixels would say, as people are smaller than COCO's.
scenes = "data/full/coco-scenes/"
meta_keys = ("id", "img_id", "img_path", "crowd_index", "ori_shape", "img_shape", "input_size")
load = dict(type="LoadImage")
flip = dict(type="SceneFlip", prob=0.5)
targets = dict(type="SceneTargets")
pack = dict(type="PackPoseInputs")
pack_test = dict(type="PackPoseInputs", meta_keys=meta_keys)

truth = dict(ann_file=scenes + "annotations/person_keypoints_val2017.json")
smoke_test = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        data_root=scenes,
        pipeline=[load, dict(type="SceneResize", short=[96], long=1333), pack_test],
    ),
)
lab_test = dict(
    batch_size=16,
    num_workers=8,
    persistent_workers=True,
    dataset=dict(
        data_root=scenes,
        pipeline=[load, dict(type="SceneResize", short=[240], long=1333), pack_test],
    ),
)

smoke = {
    "input_size": (128, 96),
    "model.backbone.init_cfg": [
        dict(type="Kaiming", layer=["Conv2d"]),
        dict(type="Constant", val=1, layer=["_BatchNorm"]),
    ],
    "model.neck": dict(out_channels=32),
    "model.head": dict(
        num_queries=8,
        num_stages=2,
        widths=dict(
            dim=64,
            part_dim=32,
            channels=32,
            heads=4,
            hidden=128,
            dynamic_hidden=16,
            conv_hidden=32,
            conv_layers=2,
        ),
        pooling=dict(box_size=5, pose_size=6, canonical_size=44),
    ),
    "train_cfg": dict(max_iters=450, val_interval=450),
    "default_hooks.checkpoint": dict(interval=20, max_keep_ckpts=1),
    "optim_wrapper.optimizer.lr": 1.5e-3,
    "param_scheduler": [
        dict(type="LinearLR", start_factor=0.02, begin=0, end=30, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=420, eta_min=1e-5, begin=30, end=450, by_epoch=False),
    ],
    "train_dataloader": dict(
        total_batch_size=8,
        group_size=None,
        num_workers=0,
        persistent_workers=False,
        dataset=dict(
            data_root=scenes,
            pipeline=[load, flip, dict(type="SceneResize", short=[88, 96, 104], long=1333), targets, pack],
        ),
    ),
    "val_dataloader": smoke_test,
    "test_dataloader": smoke_test,
    "val_evaluator": truth,
    "test_evaluator": truth,
    "env_cfg.cudnn_benchmark": False,
}
lab = {
    "input_size": (320, 240),
    "model.backbone.init_cfg": smoke["model.backbone.init_cfg"],
    "model.neck": dict(out_channels=128),
    "model.head": dict(
        num_queries=20,
        num_stages=4,
        widths=dict(
            dim=128,
            part_dim=64,
            channels=128,
            hidden=512,
            conv_hidden=128,
            conv_layers=4,
        ),
        pooling=dict(canonical_size=88),
    ),
    "train_cfg": dict(max_iters=8000, val_interval=4000),
    "optim_wrapper.optimizer.lr": 3e-4,
    "param_scheduler": [
        dict(type="LinearLR", start_factor=0.01, begin=0, end=300, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=7700, eta_min=1e-6, begin=300, end=8000, by_epoch=False),
    ],
    "train_dataloader": dict(
        total_batch_size=32,
        group_size=None,
        num_workers=12,
        dataset=dict(
            data_root=scenes,
            pipeline=[load, flip, dict(type="SceneResize", short=[192, 216, 240, 264], long=1333), targets, pack],
        ),
    ),
    "val_dataloader": lab_test,
    "test_dataloader": lab_test,
    "val_evaluator": truth,
    "test_evaluator": truth,
}
