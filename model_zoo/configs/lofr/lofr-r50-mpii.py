_base_ = ["_mpii.py"]

model = dict(head=dict(decoder=_base_.codec))
