# Table 7; the input size is not printed. Augmentation as on COCO (Sec. 4.1 names no other)
_base_ = ["_tfpose.py", "../_base_/mpii_udp.py"]

codec = dict(type="NormalizedCoordinates", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)
model = dict(head=dict(num_joints=16, decoder=codec))

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

smoke = {"codec": dict(input_size=(64, 64), heatmap_size=(32, 32))}
lab = {"codec": dict(input_size=(256, 256), heatmap_size=(64, 64))}
