# Table 7; the input size is not printed
_base_ = ["_r50.py", "_mpii_256x256.py"]

model = dict(head=dict(num_joints=16, decoder=_base_.codec))
smoke = dict(codec=dict(input_size=(64, 64), heatmap_size=(32, 32)))
lab = dict(codec=dict(input_size=(256, 256), heatmap_size=(64, 64)))
