# The complete model of the ablations (Tables 2a-2d, 3).
_base_ = ["_r50.py", "_coco.py", "_1x.py"]
