_base_ = ["_r.py", "../_base_/coco_udp.py"]

model = dict(head=dict(decoder=_base_.codec))
train_dataloader = dict(batch_size=20)
