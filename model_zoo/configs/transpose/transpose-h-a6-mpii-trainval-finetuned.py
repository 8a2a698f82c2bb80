# Table 6, for the test server: fine-tuned from COCO on MPII's training and validation people together.
# The test labels are secret; figures on the validation split are of people it has been trained on.
_base_ = ["transpose-h-a6-mpii-finetuned.py"]

train_dataloader = dict(dataset=dict(ann_file="annotations/mpii_trainval.json"))

# synthetic data have no joint file of both splits
smoke = dict(train_dataloader=dict(dataset=dict(ann_file="annotations/mpii_train.json")))
lab = dict(train_dataloader=dict(dataset=dict(ann_file="annotations/mpii_train.json")))
