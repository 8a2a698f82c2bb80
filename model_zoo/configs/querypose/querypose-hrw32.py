_base_ = ["_hrw32.py", "_coco.py"]
