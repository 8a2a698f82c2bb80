# MPII 256x256, output stride 16; augmentation as HRNet, without the alignment that UDP adds
_base_ = ["../_base_/mpii_msra.py"]

codec = dict(type="CenterOffsetHeatmap", input_size=(256, 256), heatmap_size=(16, 16), sigma=1.0)
train_pipeline = [*_base_.train_pipeline[:-2], dict(type="GenerateTarget", encoder=codec), dict(type="PackPoseInputs")]
train_dataloader = dict(total_batch_size=128, group_size=32, dataset=dict(pipeline=train_pipeline))
