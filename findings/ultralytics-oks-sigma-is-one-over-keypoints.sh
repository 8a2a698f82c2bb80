#!/usr/bin/env bash
# ultralytics 8.4.190: OKS of any skeleton but COCO's uses 1 / K for each of K keypoints, also of 17 keypoints without visibility.
#
# Expectation: mAP(Pose) compares predictions by the tolerances of the data set; without any given, there is an error or a note.
# Behaviour: PoseValidator takes COCO's sigmas if kpt_shape is [17, 3] exactly, else 1 / K for all, unless the data set's YAML has
# kpt_oks_sigmas. Fewer keypoints make each of them easier, whatever it is: an eye as easy as a hip.
# Output seen: sigma of all keypoints 0.0588 for [17, 2], 0.0625 for 16 keypoints (MPII), 0.0714 for 14 (CrowdPose: 0.079 for
# shoulders, 0.062 for wrists, 0.107 for hips), 0.2 for 5; of the nose for [17, 3] 0.026.
# Where it matters: mAP on CrowdPose, MPII, hands or animals, compared with published AP or between skeletons. COCO's own
# labels, written as [17, 2], get a far higher mAP: an eye may be off 2.35 times as far.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'setuptools==80.9.0' 'opencv-python-headless==4.12.0.88' 'pyyaml==6.0.3' 'requests==2.32.5' 'psutil==7.1.0'
pip 'matplotlib==3.10.6' 'pillow==11.3.0' 'polars==1.35.2' 'scipy==1.16.2'
pip --no-deps 'torchvision==0.28.0' 'ultralytics==8.4.190' 'ultralytics-thop==2.2.3'
export YOLO_CONFIG_DIR=$work YOLO_OFFLINE=true
cat > "$work/show.py" <<'PY'
import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:  # its compiled operators, of which none is used here, need PyTorch's build from the same place
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from types import SimpleNamespace

from ultralytics.models.yolo.pose.val import PoseValidator


def sigmas(shape):
    validator = PoseValidator(args={"plots": False, "save_json": False})
    validator.data = {"kpt_shape": shape, "val": "images", "names": {0: "person"}}
    validator.init_metrics(SimpleNamespace(names={0: "person"}, end2end=False))
    return sorted({round(float(one), 4) for one in validator.sigma})


seen = {str(shape): sigmas(shape) for shape in ([17, 3], [17, 2], [16, 3], [14, 3], [5, 3])}
print("kpt_shape: sigmas", seen)
coco = seen.pop("[17, 3]")
expected = {"[17, 2]": [0.0588], "[16, 3]": [0.0625], "[14, 3]": [0.0714], "[5, 3]": [0.2]}
raise SystemExit(0 if seen == expected and min(coco) == 0.025 else "changed: sigmas are other ones now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
