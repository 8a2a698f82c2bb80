# Table 7; the input size is not printed. Augmentation as on COCO (Sec. 4.1 names no other)
_base_ = ["_tfpose.py", "../_base_/mpii_udp.py"]

codec = dict(type="NormalizedCoordinates", input_size=(256, 256), heatmap_size=(64, 64), sigma=2)
model = dict(head=dict(num_joints=16, decoder=codec))

train_pipeline = [
    *_base_.train_pipeline[:3],
    dict(type="RandomHalfBody", prob=0.3),
    dict(_base_.train_pipeline[-4], scale_factor=(0.5, 1.5), rotate_factor=40.0),
    _base_.train_pipeline[-3],
    dict(type="GenerateTarget", encoder=codec),
    dict(type="PackPoseInputs"),
]
train_dataloader = dict(total_batch_size=512, group_size=64, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=64)
test_dataloader = val_dataloader

smoke = {"codec": dict(input_size=(64, 64), heatmap_size=(32, 32))}
lab = {"codec": dict(input_size=(256, 256), heatmap_size=(64, 64))}
