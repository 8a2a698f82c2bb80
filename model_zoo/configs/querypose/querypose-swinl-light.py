# Without the instance query's update in the keypoint decoder, as the released checkpoints.
_base_ = ["_swinl.py", "_coco.py", "_2x.py"]

model = dict(head=dict(instance_update=False))
