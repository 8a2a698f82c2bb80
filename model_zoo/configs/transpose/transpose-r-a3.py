_base_ = ["transpose-r-a4.py"]

model = dict(head=dict(layers=3))
train_dataloader = dict(total_batch_size=28, group_size=28)
