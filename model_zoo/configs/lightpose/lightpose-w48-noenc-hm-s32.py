# Table 5: no encoder, output stride 32, heatmaps alone
_base_ = ["lightpose-w48-noenc-s32.py"]

model = dict(head=dict(offset=False))
expected_output = dict(_delete_=True, heatmaps=("B", "K", "H/32", "W/32"))
