# DARK-Res50, which TransPose's authors trained with R-A4's augmentation (72.0 AP)
_base_ = ["_simplebaseline.py", "../_base_/coco_udp.py"]

model = dict(head=dict(decoder=_base_.codec), test_cfg=dict(shift_heatmap=False))
