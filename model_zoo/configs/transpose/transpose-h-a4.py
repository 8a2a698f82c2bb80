# batch: the file says 14 on one GPU, the README four GPUs (56); the file is followed
_base_ = ["_h.py", "../_base_/coco_udp.py"]

model = dict(head=dict(decoder=_base_.codec))
train_dataloader = dict(total_batch_size=14, group_size=14)
