# Table 6. Synthetic CrowdPose images are scenes in every tier.
_base_ = ["_swinl.py", "_crowdpose.py", "_2x.py"]

model = dict(head=dict(num_keypoints=14))
data = dict(dataset=dict(data_root="data/full/crowdpose/"))
test_file = dict(ann_file="data/full/crowdpose/annotations/mmpose_crowdpose_test.json")
smoke = dict(
    train_dataloader=data,
    val_dataloader=data,
    test_dataloader=data,
    val_evaluator=test_file,
    test_evaluator=test_file,
)
lab = smoke
