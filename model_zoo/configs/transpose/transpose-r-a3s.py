# TransPose-R-A3* (Table 1: ResNet-Small*, bilinear upsampling, h 512, 5.0M; Table 2: 5.4G). Not in
# the authors' repository, "ResNet-Small*" is not described in the paper. Reading: ResNet-50 up to
# the first block of layer3, that block without stride. It returns both figures (5.002 M, 5.411 G);
# see TransPose's NOTES.md for those that do not.
_base_ = ["_r.py", "../_base_/coco_256x192.py"]

model = dict(
    backbone=dict(stage_blocks=(3, 4, 1), strides=(1, 2, 1)),
    head=dict(in_channels=1024, layers=3, hidden=512, upsampling="bilinear", decoder=_base_.codec),
)
train_dataloader = dict(batch_size=28)

smoke = dict(
    model=dict(backbone=dict(stage_blocks=(2, 2, 1)), head=dict(in_channels=64, hidden=96)),
)
lab = dict(model=dict(backbone=dict(stage_blocks=(2, 2, 1)), head=dict(in_channels=256)))
