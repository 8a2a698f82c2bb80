# COCO 256x192: coordinates and auxiliary UDP heatmaps as targets; rotation within 40 degrees, scale
# 0.5-1.5, flip and half body as the paper says (Sec. 4.1), their probabilities as in MMPose.
_base_ = ["_tfpose.py", "../_base_/coco_udp.py"]

codec = dict(type="NormalizedCoordinates", input_size=(192, 256), heatmap_size=(48, 64), sigma=2)
model = dict(head=dict(decoder=codec))

steps = dict(
    _base_.steps,
    half_body=dict(type="RandomHalfBody", prob=0.3),
    jitter=dict(_base_.steps.jitter, scale_factor=(0.5, 1.5), rotate_factor=40.0),
    target=dict(type="GenerateTarget", encoder=codec),
)
train_pipeline = [steps[name] for name in _base_.train_steps]
train_dataloader = dict(total_batch_size=512, group_size=64, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=64)
test_dataloader = val_dataloader
