_base_ = ["_coco.py"]
