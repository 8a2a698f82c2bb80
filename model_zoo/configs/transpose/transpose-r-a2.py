# no file of the authors: trained like three layers
_base_ = ["_r.py", "../_base_/coco_256x192.py"]

model = dict(head=dict(layers=2, decoder=_base_.codec))
train_dataloader = dict(batch_size=28)
