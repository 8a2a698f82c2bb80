#!/usr/bin/env bash
# MMPose 1.3.2: UDPHeatmap decodes a heatmap of zeros to keypoints that are not numbers.
#
# Expectation: a keypoint without any response gets some position with score 0, as from the other heatmap codecs; a low score marks it
# as not found.
# Behaviour: the refinement step of DARK divides by a curvature of zero, and UDPHeatmap.decode returns NaN coordinates with score 0 and
# without a warning. MSRAHeatmap returns (-4, -4) with score 0.
# Output seen: UDPHeatmap [nan, nan], MSRAHeatmap [-4.0, -4.0], both with score 0.
# Where it matters: networks whose last layer is a ReLU, or that were trained on few joints, give such maps. The NaN passes through the
# estimator into result files; json.dump writes it as NaN, which is no JSON and which evaluation servers refuse, and a mean
# over keypoints becomes NaN.
# Exit status 1 if the behaviour is another one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" install -q --disable-pip-version-check "$@" >&2; }
pip 'torch==2.13.0' 'numpy==2.2.6' 'setuptools==80.9.0' 'munkres==1.1.4' 'json_tricks==3.17.3' 'scipy==1.16.2' 'matplotlib==3.10.6'
pip 'addict==2.4.0' 'pyyaml==6.0.3' 'yapf==0.40.1' 'termcolor==3.1.0' 'rich==14.1.0' 'packaging==25.0' 'opencv-python-headless==4.12.0.88' 'pillow==11.3.0'
pip --no-deps 'mmengine==0.10.7' 'mmcv-lite==2.2.0' 'mmpose==1.3.2'
cat > "$work/show.py" <<'PY'
import numpy as np
from mmpose.codecs import MSRAHeatmap, UDPHeatmap

size = {"input_size": (192, 256), "heatmap_size": (48, 64), "sigma": 2}
seen = {}
for codec in (UDPHeatmap, MSRAHeatmap):
    keypoints, scores = codec(**size).decode(np.zeros((1, 64, 48), np.float32))
    seen[codec.__name__] = keypoints[0, 0].tolist(), float(scores[0, 0])
print("keypoint and score of a heatmap of zeros:", seen)
(udp, low), (msra, zero) = seen.values()
expected = np.isnan(udp).all() and low == 0 and msra == [-4, -4] and zero == 0
raise SystemExit(0 if expected else "changed: a flat heatmap is decoded otherwise now")
PY
"$work/venv/bin/python" -W ignore "$work/show.py"
