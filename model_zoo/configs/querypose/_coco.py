# COCO: 16 whole images an iteration (the authors: 2 on each of 8 GPUs), all 100 poses evaluated without suppression.
_base_ = ["_scenes.py", "../_base_/coco_data.py"]

train_dataloader = dict(
    total_batch_size=16,
    group_size=2,
    num_workers=8,
    batch_sampler=dict(type="AspectRatioBatches"),
    dataset=dict(type="CocoScenes", pipeline=_base_.train_pipeline),
)
val_dataloader = dict(batch_size=2, dataset=dict(type="CocoScenes", pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(nms_mode="none", score_mode="bbox")
test_evaluator = val_evaluator
