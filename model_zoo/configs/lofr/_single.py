# Without MS: one scale, 1/8.
_base_ = ["_lofr.py"]

model = dict(head=dict(used=(1,)))
expected_output = dict(heatmaps=("B", "K", "H/8", "W/8"))

# an eighth of a 48x64 crop is too coarse a grid: a quarter, as wide as the finest grid of those with MS
smoke = dict(
    model=dict(head=dict(used=(0,))),
    expected_output=dict(heatmaps=("B", "K", "H/4", "W/4")),
)
