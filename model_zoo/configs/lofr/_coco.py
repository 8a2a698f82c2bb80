# COCO; located_share=0: without locations. located_seed=None: the split is another one for each seed of training.
_base_ = ["_lofr.py", "../_base_/coco_boxes.py"]

train_dataloader = dict(
    total_batch_size=128,
    group_size=32,
    dataset=dict(type="LocatedCocoDataset", located_share=0.0, located_seed=None, pipeline=_base_.train_pipeline),
)
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader

model = dict(head=dict(decoder=_base_.codec))
