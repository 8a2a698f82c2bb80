# The baseline: DETR's Transformer on the CNN, learned positions and prototypes, scale 1/8
_base_ = ["_single.py", "_coco_384x288_stride8.py"]

model = dict(
    head=dict(
        input_size=(288, 384),
        spatial=None,
        relations=None,
        weights=dict(diversity=0.0),
        decoder=_base_.codec,
    )
)
