# COCO keypoints, top-down, 256x192 (height x width), pixel centres aligned (UDP), DARK decoding.
_base_ = ["coco_boxes.py", "topdown_steps.py"]

# MMPoseInferencer asks for these two
data_mode = "topdown"
dataset_type = "CocoDataset"
codec = _base_.codec

train_pipeline = [_base_.steps[name] for name in _base_.train_steps]
val_pipeline = [_base_.steps[name] for name in _base_.val_steps]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
