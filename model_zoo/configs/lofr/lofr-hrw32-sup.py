# Table 4, Sup-only: the baseline's network, located samples alone, Eq. 14 alone
_base_ = ["_hrw32.py", "_coco_stride8.py"]

model = dict(
    head=dict(
        spatial=None,
        used=(1,),
        relations=None,
        weights=dict(cnn=0.0, encoder=0.0, parts=0.0, diversity=0.0, located=1.0),
        decoder=_base_.codec,
    )
)

expected_output = dict(heatmaps=("B", "K", "H/8", "W/8"))

# an eighth of a 48x64 crop is too coarse a grid: a quarter, as wide as the finest grid of those with MS
smoke = dict(
    model=dict(
        backbone=dict(branches=1),
        head=dict(used=(0,)),
    ),
    expected_output=dict(heatmaps=("B", "K", "H/4", "W/4")),
)

train_dataloader = dict(dataset=dict(located_share=1.0, drop_unlocated=True))
