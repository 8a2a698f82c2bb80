"""Divisions of the body into parts (QueryPose, Figure 4): keypoints of each part, in token order."""

COCO = {  # 7 (c): rigid parts, the paper's choice; 13 (b): head, one each for the rest; 5 (d): head and limbs
    7: ((0, 1, 2, 3, 4), (5, 6), (7, 9), (8, 10), (11, 12), (13, 15), (14, 16)),
    13: ((0, 1, 2, 3, 4), *((keypoint,) for keypoint in range(5, 17))),
    5: ((0, 1, 2, 3, 4), (5, 7, 9), (6, 8, 10), (11, 13, 15), (12, 14, 16)),
}
CROWDPOSE = {  # order: shoulders, elbows, wrists, hips, knees, ankles (left, right), top of the head, neck
    7: ((12, 13), (0, 1), (2, 4), (3, 5), (6, 7), (8, 10), (9, 11)),
    13: ((12, 13), *((keypoint,) for keypoint in range(12))),
    5: ((12, 13), (0, 2, 4), (1, 3, 5), (6, 8, 10), (7, 9, 11)),
}


def body_parts(num_keypoints: int, num_parts: int) -> tuple[tuple[int, ...], ...]:
    """The division of COCO's 17 or CrowdPose's 14 keypoints into `num_parts`; `num_keypoints` of them: one each.

    Raises `ValueError` for a division that is not in the paper.
    """
    if num_parts == num_keypoints:
        return tuple((keypoint,) for keypoint in range(num_keypoints))
    schemes = {17: COCO, 14: CROWDPOSE}.get(num_keypoints, {})
    if num_parts not in schemes:
        allowed = [*sorted(schemes), num_keypoints]
        raise ValueError(
            f"no division of {num_keypoints} keypoints into {num_parts} parts; "
            f"allowed are {', '.join(map(str, allowed))}"
        )
    return schemes[num_parts]
