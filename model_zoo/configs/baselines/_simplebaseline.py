# SimpleBaseline (Xiao et al., ECCV 2018): ResNet, three transposed convolutions, 1x1 convolution.
_base_ = ["_heatmap.py"]

model = dict(
    backbone=dict(
        type="ResNet",
        depth=50,
        zero_init_residual=False,
        init_cfg=dict(type="Pretrained", checkpoint="torchvision://resnet50"),
    ),
    head=dict(in_channels=2048),
)

# narrower; three stages (1/16), since a crop of 48x64 has no 1/32
smoke = {
    "model.backbone": dict(
        depth=18,
        stem_channels=16,
        base_channels=16,
        num_stages=3,
        strides=(1, 2, 2),
        dilations=(1, 1, 1),
        out_indices=(2,),
    ),
    "model.head": dict(in_channels=64, deconv_out_channels=(48, 48), deconv_kernel_sizes=(4, 4)),
}
lab = {"model.backbone.depth": 18, "model.head.in_channels": 512}
