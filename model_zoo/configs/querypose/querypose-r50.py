_base_ = ["_r50.py", "_coco.py", "_2x.py"]
