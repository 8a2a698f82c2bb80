# Augmentation of whole images: the paper gives flip, crop with probability 0.5 and short sides of 480 to 800;
# the crop's sizes, the resize before it and the long side are the code's.
resize = dict(type="SceneResize", short=[480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800], long=1333)
train_pipeline = [
    dict(type="LoadImage"),
    dict(type="SceneFlip", prob=0.5),
    dict(
        type="RandomChoice",
        prob=[0.5, 0.5],
        transforms=[
            [resize],
            [
                dict(type="SceneResize", short=[400, 500, 600], long=100_000),
                dict(type="SceneCrop", low=384, high=600),
                resize,
            ],
        ],
    ),
    dict(type="SceneTargets"),
    dict(type="PackPoseInputs"),
]
val_pipeline = [
    dict(type="LoadImage"),
    dict(type="SceneResize", short=[800], long=1333),
    dict(
        type="PackPoseInputs",
        meta_keys=("id", "img_id", "img_path", "crowd_index", "ori_shape", "img_shape", "input_size"),
    ),
]
