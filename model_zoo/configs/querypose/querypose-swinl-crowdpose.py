# Table 6.
_base_ = ["_swinl.py", "_crowdpose.py", "_2x.py"]

model = dict(head=dict(num_keypoints=14))
