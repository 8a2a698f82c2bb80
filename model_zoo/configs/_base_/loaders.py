# The loaders of every top-down config; data set and pipelines come with the config that names this file.
# Batches are stated as the recipe has them, for all processes together (model_zoo/training/batch.py): total_batch_size,
# the images of a step, and group_size, those that one of the authors' GPUs saw at a time and over which batch norm
# takes its statistics. Here those of the baselines, as MMPose publishes them: 8 GPUs with 64 images each.
train_dataloader = dict(total_batch_size=512, group_size=64, num_workers=4, persistent_workers=True)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(test_mode=True),
)
test_dataloader = val_dataloader
