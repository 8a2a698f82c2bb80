# COCO keypoints, top-down.
_base_ = ["coco_data.py"]

train_dataloader = dict(dataset=dict(data_mode="topdown"))
# bbox_file = "" evaluates with ground-truth boxes; the papers use this detector file (person AP 56.4)
val_dataloader = dict(
    dataset=dict(
        data_mode="topdown",
        bbox_file="data/full/coco/person_detection_results/COCO_val2017_detections_AP_H_56_person.json",
    )
)
test_dataloader = val_dataloader
# person score = box score x mean of the keypoint scores above 0.2; OKS-NMS at 0.9
val_evaluator = dict(score_mode="bbox_keypoint", keypoint_score_thr=0.2, nms_mode="oks_nms", nms_thr=0.9)
test_evaluator = val_evaluator
