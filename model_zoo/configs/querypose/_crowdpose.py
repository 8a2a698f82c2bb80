# CrowdPose: trained on train and val (paper, Sec. 4.3), evaluated on test; annotation files as MMPose names them.
_base_ = ["_scenes.py"]

train_dataloader = dict(
    dataset=dict(
        type="CrowdPoseScenes",
        data_root="data/full/crowdpose/",
        ann_file="annotations/mmpose_crowdpose_trainval.json",
        data_prefix=dict(img="images/"),
    )
)
val_dataloader = dict(
    dataset=dict(
        type="CrowdPoseScenes",
        data_root="data/full/crowdpose/",
        ann_file="annotations/mmpose_crowdpose_test.json",
        data_prefix=dict(img="images/"),
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file="data/full/crowdpose/annotations/mmpose_crowdpose_test.json",
    iou_type="keypoints_crowd",
    use_area=False,
    prefix="crowdpose",
)
test_evaluator = val_evaluator

# synthetic CrowdPose images are scenes in every tier
data = dict(dataset=dict(data_root="data/full/crowdpose/"))
test_file = dict(ann_file="data/full/crowdpose/annotations/mmpose_crowdpose_test.json")
