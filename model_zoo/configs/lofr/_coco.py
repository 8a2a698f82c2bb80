# COCO; located_share=0: without locations. Boxes and evaluation as in coco_udp.py
_base_ = ["_pipelines.py", "../_base_/coco_data.py"]

train_dataloader = dict(
    dataset=dict(type="LocatedCocoDataset", data_mode="topdown", located_share=0.0, pipeline=_base_.train_pipeline)
)
val_dataloader = dict(
    dataset=dict(
        data_mode="topdown",
        bbox_file="data/full/coco/person_detection_results/COCO_val2017_detections_AP_H_56_person.json",
        pipeline=_base_.val_pipeline,
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(score_mode="bbox_keypoint", keypoint_score_thr=0.2, nms_mode="oks_nms", nms_thr=0.9)
test_evaluator = val_evaluator
