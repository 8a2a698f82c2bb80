# Tables 1, 2a, 2b: SPEGM alone; each stage's part embeddings are its part queries.
_base_ = ["_r50.py", "_coco.py", "_1x.py"]

model = dict(head=dict(iteration="none"))
