# What both backbones of TransPose share.
# The authors' optimisation: Adam without weight decay, cosine from 1e-4 to 1e-5 over all epochs, stepped per epoch; no
# warm-up, no clipping. Their files name a weight decay (0.0001 for R, 0.1 for H) that their code never applies. The
# paper says "the same training strategies as HRNet" (210 epochs, steps, 1e-3) and then gives the values below: the
# files and the values are followed. Best-epoch selection on val2017 is left out: the last epoch counts.
# The authors' batch norm took its statistics over the images of one GPU (DataParallel): group_size in each file.
_base_ = ["../_base_/topdown.py"]

model = dict(
    head=dict(
        type="TransPoseHead",
        out_channels=17,
        layers=4,
        dropout=0.1,
        position="sine",
        # half the squared error, mean over batch, keypoints and pixels
        loss=dict(type="KeypointMSELoss", use_target_weight=True, loss_weight=0.5),
    ),
    train_cfg=dict(compute_acc=False),
    test_cfg=dict(flip_mode="heatmap", shift_heatmap=False),
)
expected_output = dict(heatmaps=("B", "K", "H/4", "W/4"))

train_cfg = dict(max_epochs=230, val_interval=10)
optim_wrapper = dict(optimizer=dict(type="Adam", lr=1e-4, betas=(0.9, 0.999), eps=1e-8))
param_scheduler = [dict(type="CosineAnnealingLR", T_max=230, eta_min=1e-5, begin=0, end=230, by_epoch=True)]
randomness = dict(seed=22)

smoke = {"model.head.dropout": 0.0}
