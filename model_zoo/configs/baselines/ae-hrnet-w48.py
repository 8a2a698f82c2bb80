# Associative embedding (Newell et al., NeurIPS 2017) on HRNet-W48 at 640x640, without flip test: the dense end-to-end
# method beside which QueryPose is timed. It is what HigherHRNet starts from, without its second, finer heatmap: it
# should be faster than that. Timed, and evaluated with weights trained elsewhere; it has no training definition.
_base_ = ["_hrnet_w48.py"]

codec = dict(
    type="AssociativeEmbedding",
    input_size=(640, 640),
    heatmap_size=(640, 640),  # decoded at the size of the input
    sigma=2,
    decode_topk=30,
    decode_center_shift=0.5,
    decode_keypoint_order=[0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16],
    decode_max_instances=30,
)
model = dict(
    type="DenseBottomup",
    head=dict(
        _delete_=True,
        type="AssociativeEmbeddingHead",
        in_channels=48,
        num_keypoints=17,
        tag_dim=1,
        tag_per_keypoint=True,
        deconv_out_channels=None,
        keypoint_loss=dict(type="KeypointMSELoss", use_target_weight=True),
        tag_loss=dict(type="AssociativeEmbeddingLoss", loss_weight=0.001),
        decoder=codec,
    ),
    test_cfg=dict(
        _delete_=True, multiscale_test=False, flip_test=False, restore_heatmap_size=True, align_corners=False
    ),
)
test_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False, round_up=False),
    dataset=dict(
        type="CocoDataset",
        data_root="data/full/coco/",
        data_mode="bottomup",
        ann_file="annotations/person_keypoints_val2017.json",
        data_prefix=dict(img="val2017/"),
        test_mode=True,
        pipeline=[
            dict(type="LoadImage"),
            dict(type="BottomupResize", input_size=(640, 640), size_factor=64, resize_mode="expand"),
            dict(type="PackPoseInputs"),
        ],
    ),
)
test_evaluator = dict(
    type="CocoMetric",
    ann_file="data/full/coco/annotations/person_keypoints_val2017.json",
    nms_mode="none",
    score_mode="bbox",
)
expected_output = dict(_delete_=True, heatmaps=("B", "K", "H/4", "W/4"), tags=("B", "K", "H/4", "W/4"))
smoke = {"codec": dict(codec, _delete_=True, input_size=(64, 64), heatmap_size=(64, 64))}
lab = {"codec": dict(codec, _delete_=True)}
