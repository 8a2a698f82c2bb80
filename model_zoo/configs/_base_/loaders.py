# The loaders of every top-down config; data set and pipelines come with the config that names this file.
train_dataloader = dict(
    batch_size=32, num_workers=4, persistent_workers=True, sampler=dict(type="DefaultSampler", shuffle=True)
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(test_mode=True),
)
test_dataloader = val_dataloader
