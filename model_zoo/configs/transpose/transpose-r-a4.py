_base_ = ["_r.py", "../_base_/coco_udp.py"]

model = dict(head=dict(decoder=_base_.codec))
train_dataloader = dict(total_batch_size=20, group_size=20)
