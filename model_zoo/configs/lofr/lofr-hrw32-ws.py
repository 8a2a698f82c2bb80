# Table 4: some samples with locations (runs set located_share), all with labels; one loss beside the other (Eq. 15)
_base_ = ["_hrw32.py", "_coco.py"]

model = dict(head=dict(weights=dict(located=1.0), pixels="sum", decoder=_base_.codec))

train_dataloader = dict(dataset=dict(located_share=1.0))
