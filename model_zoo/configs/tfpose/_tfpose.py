# ResNet-50, levels C3-C5, six encoder and six decoder layers, with the auxiliary heatmap branch. Optimisation (Sec.
# 4.1): AdamW, 4e-3, cosine; a tenth for encoder and decoder ("the Transformers and the linear projections for
# predicting keypoints offsets"). Not printed and read as MMPose's other top-down methods: 8 x 64 images, 210 epochs,
# 500 iterations of warm-up; clipping as in Deformable DETR.
_base_ = ["../_base_/topdown.py"]

model = dict(
    backbone=dict(
        type="ResNet",
        depth=50,
        out_indices=(1, 2, 3),
        zero_init_residual=False,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50"),
    ),
    head=dict(
        type="TFPoseHead",
        in_channels=(512, 1024, 2048),
        num_joints=17,
        dim=256,
        heads=8,
        points=4,
        hidden=1024,
        dropout=0.1,
        encoder_layers=6,
        decoder_layers=6,
        q2q=True,
        aux_weight=50.0,
        aux_channels=256,
        norm_groups=32,
    ),
)
expected_output = dict(coordinates=("B", "K", 2))

train_cfg = dict(max_epochs=210, val_interval=10)
optim_wrapper = dict(
    optimizer=dict(type="AdamW", lr=4e-3, betas=(0.9, 0.999), weight_decay=1e-4),
    paramwise_cfg=dict(
        custom_keys={
            "head.encoder": dict(lr_mult=0.1),
            "head.level_embedding": dict(lr_mult=0.1),
            "head.keypoint_decoder": dict(lr_mult=0.1),
        }
    ),
    clip_grad=dict(max_norm=0.1),
)
param_scheduler = [
    dict(type="LinearLR", begin=0, end=500, start_factor=0.001, by_epoch=False),
    dict(type="CosineAnnealingLR", begin=0, end=210, T_max=210, eta_min=0.0, by_epoch=True),
]

# Crops of 48x64 (width x height). Narrower, half the encoder layers, from random weights. C3 keeps C2's resolution, so
# that C3-C5 have 12x16, 6x8 and 3x4 tokens, half the full network's in each direction; half the points reach half as
# far, and as few of them start outside the maps. One learning rate for all: nothing is pretrained.
smoke = {
    "codec": dict(_delete_=True, input_size=(48, 64), heatmap_size=(24, 32), sigma=1.5),
    "model.backbone": dict(depth=18, stem_channels=16, base_channels=16, strides=(1, 1, 2, 2)),
    "model.head": dict(
        in_channels=(32, 64, 128),
        dim=32,
        points=2,
        hidden=128,
        encoder_layers=3,
        aux_channels=32,
        norm_groups=8,
        dropout=0.0,
    ),
    "train_cfg": dict(max_iters=200, val_interval=200),
    "param_scheduler": [
        dict(type="LinearLR", start_factor=0.02, begin=0, end=30, by_epoch=False),
        dict(type="CosineAnnealingLR", T_max=170, eta_min=1e-5, begin=30, end=200, by_epoch=False),
    ],
}
lab = {"model.backbone.depth": 18, "model.head.in_channels": (128, 256, 512)}
