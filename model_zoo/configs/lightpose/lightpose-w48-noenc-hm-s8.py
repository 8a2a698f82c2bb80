# Table 5: no encoder, output stride 8, heatmaps alone
_base_ = ["lightpose-w48-noenc-s8.py"]

model = dict(head=dict(offset=False))
expected_output = dict(_delete_=True, heatmaps=("B", "K", "H/8", "W/8"))
