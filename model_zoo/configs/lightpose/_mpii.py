# MPII 256x256, output stride 16. The augmentation of COCO, half body too: Sec. 3.2 prints its figures for all data
# (HRNet's own for MPII is milder). Without the alignment that UDP adds.
_base_ = ["../_base_/mpii_msra.py"]

codec = dict(type="CenterOffsetHeatmap", input_size=(256, 256), heatmap_size=(16, 16), sigma=1.0)
steps = dict(_base_.steps, target=dict(type="GenerateTarget", encoder=codec))
train_pipeline = [steps[name] for name in _base_.train_steps]
train_dataloader = dict(total_batch_size=128, group_size=32, dataset=dict(pipeline=train_pipeline))
