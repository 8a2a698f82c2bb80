"""From a skeleton and a look to the solids that are drawn.

Tubes end inside balls, so that a body is closed whatever it does: no gap opens at hips, waist,
shoulders, elbows or knees.
"""

import math

from bench.datasets.synthetic.look import Look
from bench.datasets.synthetic.skeleton import Skeleton, Vec, matmul, rot_x
from bench.datasets.synthetic.solids import FACE, TORSO, Solids

# The head, in metres in its own frame, from the base of the skull.
SKULL_CENTRE: Vec = (0.0, 0.115, 0.012)
SKULL: Vec = (0.076, 0.108, 0.096)
CHIN_CENTRE: Vec = (0.0, 0.052, 0.034)
CHIN: Vec = (0.057, 0.066, 0.066)
EYE: Vec = (0.42, 0.03, 0.907)  # in units of the skull's half-axes
_FACE_POINTS: dict[str, Vec] = {
    "nose": (0.0, 0.08, 0.132),
    "left_eye": (EYE[0] * SKULL[0], 0.115 + EYE[1] * SKULL[1], 0.012 + EYE[2] * SKULL[2]),
    "right_eye": (-EYE[0] * SKULL[0], 0.115 + EYE[1] * SKULL[1], 0.012 + EYE[2] * SKULL[2]),
    "left_ear": (0.085, 0.1, 0.0),
    "right_ear": (-0.085, 0.1, 0.0),
    "head_top": (0.0, 0.223, 0.008),
}


def landmarks(k: Skeleton) -> dict[str, Vec]:
    """All points that any of the annotation formats names: name -> (x, y, z), metres, world."""
    m = k.build.head
    points = {
        name: k.at("head", "head", x * m, y * m, z * m) for name, (x, y, z) in _FACE_POINTS.items()
    }
    for side in ("left", "right"):
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
            points[f"{side}_{joint}"] = k.joints[f"{side}_{joint}"]
    points["pelvis"] = between(k.joints["left_hip"], k.joints["right_hip"], 0.5)
    points["thorax"] = k.joints["neck"]
    points["upper_neck"] = k.joints["head"]
    return points


def between(a: Vec, b: Vec, t: float) -> Vec:
    """The point a share `t` of the way from a to b."""
    return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)


def model_body(skeleton: Skeleton, look: Look) -> Solids:
    """Clothe a skeleton: about fifty solids."""
    solids = Solids()
    _hips(solids, skeleton, look)
    _chest(solids, skeleton, look)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        _arm(solids, skeleton, look, side, sign)
        _leg(solids, skeleton, look, side)
    if look.bottom == "skirt":
        _skirt(solids, skeleton, look)
    _head(solids, skeleton, look)
    _hair(solids, skeleton, look)
    return solids


def _hips(solids: Solids, k: Skeleton, look: Look) -> None:
    s, g = k.build.stature, k.build.girth
    pelvis, waist = k.frames["pelvis"], k.frames["waist"]
    top, bottom = look.top_colour, look.bottom_colour
    wide, narrow = (k.build.hips + 0.064) * g, (k.build.hips + 0.04) * g
    solids.ball(
        k.at("pelvis", "pelvis", 0, -0.02, -0.008),
        pelvis,
        (wide * s, 0.11 * s, 0.62 * wide * s),
        bottom,
    )
    solids.cone(
        k.at("pelvis", "pelvis", 0, -0.02, 0),
        k.at("waist", "waist", 0, 0.0, 0),
        pelvis,
        0.99 * wide * s,
        narrow * s,
        bottom,
        flat=0.66,
        beyond=look.belt or top,
        split=0.5 if look.belt else -0.3,
    )
    solids.ball(
        k.joints["waist"],
        waist,
        (narrow * s, 0.09 * s, 0.72 * narrow * s),
        top,
        texture=TORSO,
        spine=(0.0, 0.09),
    )


def _chest(solids: Solids, k: Skeleton, look: Look) -> None:
    s, g = k.build.stature, k.build.girth
    chest, top = k.frames["chest"], look.top_colour
    narrow, broad = (k.build.hips + 0.04) * g, (k.build.shoulders - 0.008) * (g + 1) / 2
    top_end = k.at("chest", "chest", 0, 0.15, 0)
    solids.cone(
        k.joints["waist"],
        top_end,
        chest,
        narrow * s,
        broad * s,
        top,
        flat=0.7,
        texture=TORSO,
        spine=(0.13, 0.13),
    )
    solids.ball(
        top_end,
        chest,
        (1.03 * broad * s, 0.105 * s, 0.68 * broad * s),
        top,
        texture=TORSO,
        spine=(0.26, 0.115),
    )
    if look.bust:
        b = look.bust
        solids.ball(
            k.at("chest", "chest", 0, 0.075, 0.045 + 0.02 * b),
            chest,
            (0.118 * s, 0.062 * s, 0.062 * s),
            top,
            texture=TORSO,
            spine=(0.195, 0.062),
        )
    for side in ("left", "right"):
        shoulder = k.joints[f"{side}_shoulder"]
        solids.cone(
            k.at("neck", "chest", 0, 0.012, -0.005), shoulder, chest, 0.05 * s, 0.047 * g * s, top
        )


def _arm(solids: Solids, k: Skeleton, look: Look, side: str, sign: float) -> None:
    s, g = k.build.stature, k.build.girth
    shoulder, elbow, wrist = (k.joints[f"{side}_{j}"] for j in ("shoulder", "elbow", "wrist"))
    upper, fore, hand = (k.frames[f"{side}_{b}"] for b in ("upper_arm", "forearm", "hand"))
    sleeve = look.sleeve
    bare = sleeve < 1.0
    arm = look.skin if bare else look.top_colour
    thick = s * g * (1.0 if bare else 1.1)
    solids.ball(shoulder, upper, (0.05 * s * g,) * 3, look.top_colour if sleeve else look.skin)
    solids.cone(shoulder, elbow, upper, 0.049 * thick, 0.039 * thick, arm)
    if 0 < sleeve < 1:
        cuff = between(shoulder, elbow, 2 * sleeve)
        solids.cone(shoulder, cuff, upper, 0.055 * s * g, 0.054 * s * g, look.top_colour)
    solids.ball(elbow, upper, (0.040 * thick,) * 3, arm)
    solids.cone(
        elbow,
        wrist,
        fore,
        0.040 * thick,
        0.028 * thick,
        arm,
        beyond=look.skin,
        split=0.9,
    )
    solids.ball(wrist, fore, (0.028 * s * g,) * 3, look.skin)
    palm = k.at(f"{side}_wrist", f"{side}_hand", 0, -0.045, 0.004)
    tips = k.at(f"{side}_wrist", f"{side}_hand", -0.012 * sign, -0.155, 0.004)
    solids.ball(palm, hand, (0.021 * s, 0.062 * s, 0.04 * s), look.skin)
    solids.cone(palm, tips, hand, 0.02 * s, 0.012 * s, look.skin, flat=1.9)
    thumb = k.at(f"{side}_wrist", f"{side}_hand", -0.012 * sign, -0.085, 0.06)
    solids.cone(
        between(palm, k.joints[f"{side}_wrist"], 0.5), thumb, hand, 0.015 * s, 0.011 * s, look.skin
    )


def _leg(solids: Solids, k: Skeleton, look: Look, side: str) -> None:
    s, g = k.build.stature, k.build.girth
    hip, knee, ankle = (k.joints[f"{side}_{j}"] for j in ("hip", "knee", "ankle"))
    thigh, shank, foot = (k.frames[f"{side}_{b}"] for b in ("thigh", "shank", "foot"))
    bare = look.bottom != "trousers"
    leg = look.skin if bare else look.bottom_colour
    thick = s * g * (1.0 if bare else 1.08)
    solids.ball(hip, thigh, (0.091 * s * g, 0.085 * s * g, 0.09 * s * g), look.bottom_colour)
    solids.cone(hip, knee, thigh, 0.086 * thick, 0.055 * thick, leg)
    if look.bottom == "shorts":
        solids.cone(
            hip, between(hip, knee, 0.62), thigh, 0.09 * s * g, 0.081 * s * g, look.bottom_colour
        )
    solids.ball(knee, thigh, (0.054 * thick,) * 3, leg)
    solids.cone(
        knee,
        ankle,
        shank,
        0.053 * thick,
        (0.036 if bare else 0.046) * thick,
        leg,
        beyond=look.shoes if bare else None,
        split=0.8,
    )
    if bare:
        calf = k.at(f"{side}_knee", f"{side}_shank", 0, -0.13, -0.012)
        solids.ball(calf, shank, (0.05 * thick, 0.12 * s, 0.053 * thick), leg)
    heel = k.at(f"{side}_ankle", f"{side}_foot", 0, -0.04, -0.025)
    toe = k.at(f"{side}_ankle", f"{side}_foot", 0, -0.062, 0.135)
    solids.ball(heel, foot, (0.043 * s, 0.052 * s, 0.05 * s), look.shoes)
    solids.cone(heel, toe, matmul(foot, rot_x(-75)), 0.042 * s, 0.038 * s, look.shoes, flat=0.8)
    solids.ball(toe, foot, (0.041 * s, 0.03 * s, 0.045 * s), look.shoes)


def _skirt(solids: Solids, k: Skeleton, look: Look) -> None:
    s, g = k.build.stature, k.build.girth
    left, right = (
        between(k.joints[f"{d}_hip"], k.joints[f"{d}_knee"], 0.8) for d in ("left", "right")
    )
    x, y, z = (p - q for p, q in zip(left, right, strict=True))
    apart = math.sqrt(x * x + y * y + z * z)
    hem = 0.5 * apart + 0.085 * s * g
    waist = k.at("pelvis", "pelvis", 0, 0.03, 0)
    solids.cone(
        waist,
        between(left, right, 0.5),
        k.frames["pelvis"],
        0.145 * s * g,
        hem,
        look.bottom_colour,
        flat=0.85,
    )


def _head(solids: Solids, k: Skeleton, look: Look) -> None:
    s = k.build.stature
    h = s * k.build.head
    frame = k.frames["head"]
    skin = look.skin

    def at(x: float, y: float, z: float) -> Vec:
        m = k.build.head
        return k.at("head", "head", x * m, y * m, z * m)

    solids.cone(
        k.at("neck", "neck", 0, -0.04, 0),
        at(0, 0.05, 0.01),
        k.frames["neck"],
        0.056 * s,
        0.05 * s,
        skin,
    )
    solids.ball(
        at(*SKULL_CENTRE), frame, (SKULL[0] * h, SKULL[1] * h, SKULL[2] * h), skin, texture=FACE
    )
    solids.ball(
        at(*CHIN_CENTRE), frame, (CHIN[0] * h, CHIN[1] * h, CHIN[2] * h), skin, texture=FACE
    )
    for sign in (1.0, -1.0):
        solids.ball(at(0.077 * sign, 0.1, 0.0), frame, (0.012 * h, 0.03 * h, 0.02 * h), skin)
    solids.cone(at(0, 0.12, 0.1), at(0, 0.082, 0.117), frame, 0.008 * h, 0.015 * h, skin)
    solids.ball(at(0, 0.08, 0.116), frame, (0.017 * h, 0.014 * h, 0.016 * h), skin)


def _hair(solids: Solids, k: Skeleton, look: Look) -> None:
    m = k.build.head
    h = k.build.stature * m
    frame, hair = k.frames["head"], look.hair

    def at(x: float, y: float, z: float) -> Vec:
        return k.at("head", "head", x * m, y * m, z * m)

    if look.haircut == "bald":
        return
    covering = look.accent if look.haircut == "cap" else hair
    leaning = matmul(frame, rot_x(-42))
    solids.ball(
        at(0, 0.124, 0.0), leaning, (0.086 * h, 0.108 * h, 0.112 * h), covering, low=look.fringe
    )
    if look.haircut == "cap":
        solids.ball(at(0, 0.172, 0.1), frame, (0.07 * h, 0.012 * h, 0.075 * h), covering)
        solids.ball(at(0, 0.075, -0.04), frame, (0.073 * h, 0.07 * h, 0.06 * h), hair)
    elif look.haircut == "long":
        solids.ball(at(0, 0.03, -0.052), frame, (0.092 * h, 0.165 * h, 0.055 * h), hair)
        for sign in (1.0, -1.0):
            solids.ball(
                at(0.074 * sign, 0.06, 0.012), frame, (0.022 * h, 0.12 * h, 0.042 * h), hair
            )
    else:
        solids.ball(at(0, 0.085, -0.036), frame, (0.079 * h, 0.075 * h, 0.066 * h), hair)
    if look.haircut == "ponytail":
        solids.cone(at(0, 0.16, -0.1), at(0, -0.04, -0.15), frame, 0.034 * h, 0.022 * h, hair)
    elif look.haircut == "bun":
        solids.ball(at(0, 0.225, -0.06), frame, (0.05 * h, 0.046 * h, 0.05 * h), hair)
