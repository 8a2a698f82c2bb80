# The baseline: DETR's Transformer on the CNN, learned positions and prototypes, scale 1/8
_base_ = ["_crowdpose_stride8.py"]

model = dict(
    head=dict(spatial=None, relations=None, weights=dict(diversity=0.0), decoder=_base_.codec)
)
