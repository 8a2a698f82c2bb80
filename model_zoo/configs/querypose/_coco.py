# COCO
_base_ = ["_scenes.py"]

train_dataloader = dict(
    dataset=dict(
        type="CocoScenes",
        data_root="data/full/coco/",
        ann_file="annotations/person_keypoints_train2017.json",
        data_prefix=dict(img="train2017/"),
    )
)
val_dataloader = dict(
    dataset=dict(
        type="CocoScenes",
        data_root="data/full/coco/",
        ann_file="annotations/person_keypoints_val2017.json",
        data_prefix=dict(img="val2017/"),
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file="data/full/coco/annotations/person_keypoints_val2017.json")
test_evaluator = val_evaluator
