# Table 6.
_base_ = ["_hrw48.py", "_crowdpose.py", "_2x.py"]

model = dict(head=dict(num_keypoints=14))
