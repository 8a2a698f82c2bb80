# Table 5: no encoder, output stride 4, heatmaps alone
_base_ = ["lightpose-w48-noenc-s4.py"]

model = dict(head=dict(offset=False))
expected_output = dict(_delete_=True, heatmaps=("B", "K", "H/4", "W/4"))
