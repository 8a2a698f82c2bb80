_base_ = ["_hrw48.py", "_coco.py", "_2x.py"]
