# Figure 5, without auxiliary loss
_base_ = ["tfpose-r18-e6d6-half.py"]

model = dict(head=dict(aux_weight=0.0))
