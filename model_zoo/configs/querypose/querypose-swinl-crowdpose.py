# Table 6
_base_ = ["_swinl.py", "_crowdpose.py"]

model = dict(head=dict(num_keypoints=14))
smoke = dict.fromkeys(("train_dataloader", "val_dataloader", "test_dataloader"), _base_.data)
smoke |= dict.fromkeys(("val_evaluator", "test_evaluator"), _base_.test_file)
lab = smoke
