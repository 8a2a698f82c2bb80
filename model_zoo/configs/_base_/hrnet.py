# The stages of HRNet (Sun et al., CVPR 2019): `extra=_base_.hrnet_w48` in a config that names this file as a base.
hrnet_w32 = dict(
    stage1=dict(num_modules=1, num_branches=1, block="BOTTLENECK", num_blocks=(4,), num_channels=(64,)),
    stage2=dict(num_modules=1, num_branches=2, block="BASIC", num_blocks=(4, 4), num_channels=(32, 64)),
    stage3=dict(num_modules=4, num_branches=3, block="BASIC", num_blocks=(4, 4, 4), num_channels=(32, 64, 128)),
    stage4=dict(num_modules=3, num_branches=4, block="BASIC", num_blocks=(4, 4, 4, 4), num_channels=(32, 64, 128, 256)),
)
hrnet_w48 = dict(
    stage1=hrnet_w32["stage1"],
    stage2=dict(hrnet_w32["stage2"], num_channels=(48, 96)),
    stage3=dict(hrnet_w32["stage3"], num_channels=(48, 96, 192)),
    stage4=dict(hrnet_w32["stage4"], num_channels=(48, 96, 192, 384)),
)
