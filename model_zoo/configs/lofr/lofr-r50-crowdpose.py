_base_ = ["_crowdpose.py"]

model = dict(head=dict(decoder=_base_.codec))
