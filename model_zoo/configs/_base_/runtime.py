# What every run shares: scope, loop, hooks, logging.
custom_imports = dict(imports=["model_zoo.register_all"])
default_scope = "mmpose"
train_cfg = dict(type="GroupedTrainLoop")
threads = 1  # of a process of the harness; data workers have one each: sums in another order are other weights

default_hooks = dict(
    timer=dict(type="IterTimerHook"),
    logger=dict(type="LoggerHook", interval=50),
    param_scheduler=dict(type="ParamSchedulerHook"),
    checkpoint=dict(type="PlainCheckpointHook", interval=1, max_keep_ckpts=2),
    sampler_seed=None,  # the loop tells its sampler where it is
    visualization=dict(type="PoseVisualizationHook", enable=False),
)

env_cfg = dict(
    cudnn_benchmark=True, mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0), dist_cfg=dict(backend="nccl")
)
vis_backends = [dict(type="LocalVisBackend")]
visualizer = dict(type="PoseLocalVisualizer", vis_backends=vis_backends, name="visualizer")
log_processor = dict(type="LogProcessor", window_size=50, by_epoch=True, num_digits=6)
log_level = "INFO"
load_from = None
resume = False
backend_args = dict(backend="local")

val_cfg = dict()
test_cfg = dict()
