# MPII: files and evaluation.
_base_ = ["loaders.py"]

train_dataloader = dict(
    dataset=dict(
        type="MpiiDataset",
        data_mode="topdown",
        data_root="data/full/mpii/",
        ann_file="annotations/mpii_train.json",
        data_prefix=dict(img="images/"),
    )
)
val_dataloader = dict(
    dataset=dict(
        train_dataloader["dataset"],
        ann_file="annotations/mpii_val.json",
        headbox_file="data/full/mpii/annotations/mpii_gt_val.mat",
    )
)
test_dataloader = val_dataloader

val_evaluator = [dict(type="MpiiPCKAccuracy", thr=0.5), dict(type="MpiiPCKAccuracy", thr=0.1, prefix="PCKh01")]
test_evaluator = val_evaluator
