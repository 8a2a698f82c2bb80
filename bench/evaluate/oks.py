"""OKS of all detections with all people of their images: the official evaluators' operations without their loops.

The same operations in the same order on every number, so the results are theirs to the last bit (tested).
"""

import numpy as np

from bench.evaluate.instances import Floats, Instances, Pairs, Rules


def compute_oks(of: Instances, pairs: Pairs, rules: Rules) -> Floats:
    """OKS [R] of the pairs; of people without labelled keypoints, by the distance to their doubled boxes."""
    labelled = of.flags > 0
    counts = labelled.sum(axis=1)
    variances = (rules.sigmas * 2) ** 2
    oks = np.empty(len(pairs.found))
    for part in pairs.parts():
        found, person = pairs.found[part], pairs.person[part]
        for count in np.unique(counts[person]):
            chosen = np.flatnonzero(counts[person] == count)
            spots, who = of.found[:, found[chosen]], person[chosen]
            offset = spots - of.points[:, who] if count else _outside(spots, of.boxes[who])
            x, y = offset**2
            squared = x + y
            error = squared / variances / (of.areas[who, None] + np.spacing(1)) / 2
            if count:
                error = error[labelled[who]].reshape(len(who), count)
            oks[part.start + chosen] = np.sum(np.exp(-error), axis=1) / error.shape[1]
    return oks


def _outside(spots: Floats, boxes: Floats) -> Floats:
    """Distance [2, R, K] in x and y of points to the doubled boxes [R, 4], 0 inside."""
    corner, size = boxes.T[:2, :, None], boxes.T[2:, :, None]
    return np.maximum(0, (corner - size) - spots) + np.maximum(0, spots - (corner + size * 2))
