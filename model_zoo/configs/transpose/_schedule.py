# The authors' optimisation: Adam without weight decay, cosine from 1e-4 to 1e-5 over all epochs,
# stepped per epoch; no warm-up, no clipping. Their files name a weight decay (0.0001 for R, 0.1
# for H) that their code never applies. The paper says "the same training strategies as HRNet" (210
# epochs, steps, 1e-3) and then gives the figures below: the files and the figures are followed.
# Best-epoch selection on val2017 is left out: the last epoch counts.
train_cfg = dict(by_epoch=True, max_epochs=230, val_interval=10)
optim_wrapper = dict(optimizer=dict(type="Adam", lr=1e-4, betas=(0.9, 0.999), eps=1e-8))
param_scheduler = [
    dict(type="CosineAnnealingLR", T_max=230, eta_min=1e-5, begin=0, end=230, by_epoch=True)
]
randomness = dict(seed=22)
