# Table 4, Sup-only: the baseline's network, located samples alone, Eq. 14 alone
_base_ = ["_single.py", "_coco_stride8.py"]

model = dict(
    head=dict(
        spatial=None,
        relations=None,
        weights=dict(cnn=0.0, encoder=0.0, parts=0.0, diversity=0.0, located=1.0),
        decoder=_base_.codec,
    )
)

train_dataloader = dict(dataset=dict(located_share=1.0, drop_unlocated=True))
