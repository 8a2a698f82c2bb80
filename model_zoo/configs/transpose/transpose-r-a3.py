_base_ = ["transpose-r-a4.py"]

model = dict(head=dict(layers=3))
train_dataloader = dict(batch_size=28)
