# CrowdPose: trained on train and val, evaluated on test; annotation files as MMPose names them.
_base_ = ["loaders.py"]

train_dataloader = dict(
    dataset=dict(
        type="CrowdPoseDataset",
        data_root="data/full/crowdpose/",
        ann_file="annotations/mmpose_crowdpose_trainval.json",
        data_prefix=dict(img="images/"),
    )
)
val_dataloader = dict(dataset=dict(train_dataloader["dataset"], ann_file="annotations/mmpose_crowdpose_test.json"))
test_dataloader = val_dataloader
val_evaluator = dict(
    type="CocoMetric",
    ann_file="data/full/crowdpose/annotations/mmpose_crowdpose_test.json",
    iou_type="keypoints_crowd",
    use_area=False,
    prefix="crowdpose",
)
test_evaluator = val_evaluator
