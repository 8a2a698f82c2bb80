_base_ = ["_swinl.py", "_coco.py"]
