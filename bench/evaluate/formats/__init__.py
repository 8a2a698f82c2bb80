"""Other tools' output files, converted to COCO result entries before anything else is done with them.

The seven that people are likeliest to have: each is what a widely used tool writes without any code of the user's own.

| format | what writes it |
|---|---|
| coco | pycocotools' list of results: MMPose's CocoMetric, Detectron2, HRNet's code, `yolo val save_json` |
| coco-annotations | the COCO file that annotation tools export: images, annotations with v flags, categories |
| yolo | `yolo pose predict save_txt=True`, or one `Results.to_json()` per image |
| openpose | `--write_json`: one file per image, BODY_25 or COCO-18; also AlphaPose's `--format open` and `cmu` |
| alphapose | alphapose-results.json: 17, 26 (Halpe) or 136 keypoints |
| mmpose | MMPoseInferencer's `pred_out_dir`, the demos' results_*.json |
| cvat | "CVAT for images 1.1" (XML) |

MediaPipe, MoveNet, torchvision and transformers write no file of their own; DeepLabCut's are of other keypoints.
`people` has what all formats share, `recognise` finds the format, each other module reads one.
"""

FORMATS = ("coco", "coco-annotations", "yolo", "openpose", "alphapose", "mmpose", "cvat")
