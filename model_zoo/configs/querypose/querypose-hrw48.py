_base_ = ["_hrw48.py", "_coco.py"]
