# COCO 256x192 (height x width), output stride 16; augmentation as HRNet (Sec. 3.2). Sigma is not printed: 1 cell, where
# the printed exponent, 2 sigma without a square, is the usual one; HRNet's 2 cells at stride 4 (NOTES-model.md).
_base_ = ["../_base_/coco_msra.py"]

codec = dict(type="CenterOffsetHeatmap", input_size=(192, 256), heatmap_size=(12, 16), sigma=1.0)
steps = dict(_base_.steps, target=dict(type="GenerateTarget", encoder=codec))
train_pipeline = [steps[name] for name in _base_.train_steps]
train_dataloader = dict(total_batch_size=128, group_size=32, dataset=dict(pipeline=train_pipeline))
