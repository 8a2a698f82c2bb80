# batch: the file, 14 on each of four GPUs
_base_ = ["transpose-h-a4.py"]

model = dict(head=dict(layers=6))
train_dataloader = dict(total_batch_size=56, group_size=14)
