# batch: the file, 14 on each of four GPUs
_base_ = ["transpose-h-a4.py"]

model = dict(head=dict(layers=6))
train_dataloader = dict(batch_size=56)
