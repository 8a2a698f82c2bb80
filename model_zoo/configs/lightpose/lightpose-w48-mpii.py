_base_ = ["_w48.py", "_mpii.py"]

model = dict(head=dict(out_channels=16, decoder=_base_.codec))
smoke = {"codec": dict(input_size=(128, 128), heatmap_size=(8, 8))}
lab = {"codec": dict(input_size=(256, 256), heatmap_size=(16, 16))}
