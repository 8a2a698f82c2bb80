# Table 6: heatmaps alone
_base_ = ["lightpose-w48.py"]

model = dict(head=dict(offset=False))
expected_output = dict(_delete_=True, heatmaps=("B", "K", "H/16", "W/16"))
