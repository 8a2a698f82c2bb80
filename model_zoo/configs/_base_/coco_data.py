# COCO keypoints: files and evaluation.
_base_ = ["loaders.py"]

train_dataloader = dict(
    dataset=dict(
        type="CocoDataset",
        data_root="data/full/coco/",
        ann_file="annotations/person_keypoints_train2017.json",
        data_prefix=dict(img="train2017/"),
    )
)
val_dataloader = dict(
    dataset=dict(
        train_dataloader["dataset"],
        ann_file="annotations/person_keypoints_val2017.json",
        data_prefix=dict(img="val2017/"),
    )
)
test_dataloader = val_dataloader

val_evaluator = dict(type="CocoMetric", ann_file="data/full/coco/annotations/person_keypoints_val2017.json")
test_evaluator = val_evaluator
