# Table 6
_base_ = ["_swinl.py", "_crowdpose.py"]

model = dict(head=dict(num_keypoints=14))
smoke = {
    "train_dataloader": _base_.data,
    "val_dataloader": _base_.data,
    "test_dataloader": _base_.data,
    "val_evaluator": _base_.test_file,
    "test_evaluator": _base_.test_file,
}
lab = smoke
