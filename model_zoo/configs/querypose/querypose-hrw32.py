_base_ = ["_hrw32.py", "_coco.py", "_2x.py"]
