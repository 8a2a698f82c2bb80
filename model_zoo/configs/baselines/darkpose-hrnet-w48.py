# DarkPose (Zhang et al., CVPR 2020): HRNet-W48 with unbiased targets, DARK decoding, aligned pixel centres
_base_ = ["_hrnet_w48.py", "../_base_/coco_udp.py"]

model = dict(head=dict(decoder=_base_.codec), test_cfg=dict(shift_heatmap=False))
