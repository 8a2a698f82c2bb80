"""What a body can do: joint limits, and the pose modes that are drawn within them (degrees)."""

from bench.datasets.synthetic.dice import Dice

Pose = dict[str, float]

SIDES = ("left", "right")

# Degree of freedom: (lowest, highest). `bend` is forward, `abduct` away from the body's middle,
# `twist` of a limb is inward; hinges (elbow, knee) bend one way only.
_SIDE_LIMITS = {
    "shoulder_flex": (-50.0, 175.0),
    "shoulder_abduct": (4.0, 170.0),
    "shoulder_twist": (-60.0, 80.0),
    "elbow": (2.0, 145.0),
    "wrist": (-45.0, 50.0),
    "hip_flex": (-25.0, 115.0),
    "hip_abduct": (-8.0, 55.0),
    "hip_twist": (-35.0, 25.0),
    "knee": (1.0, 140.0),
    "ankle": (-20.0, 40.0),
}
LIMITS: dict[str, tuple[float, float]] = {
    "spine_bend": (-20.0, 60.0),
    "spine_side": (-25.0, 25.0),
    "spine_twist": (-35.0, 35.0),
    "neck_nod": (-35.0, 40.0),
    "neck_turn": (-65.0, 65.0),
    "neck_tilt": (-25.0, 25.0),
    **{f"{side}_{name}": limit for side in SIDES for name, limit in _SIDE_LIMITS.items()},
}

# Mode: degree of freedom -> (mean, spread); names without a side hold for both sides. `root_*`
# turn the whole body: `root_pitch` forward, `root_roll` to its right; `lift` metres up.
_STAND = {
    "spine_bend": (2.0, 4.0),
    "spine_side": (0.0, 4.0),
    "spine_twist": (0.0, 8.0),
    "neck_nod": (2.0, 8.0),
    "neck_turn": (0.0, 16.0),
    "neck_tilt": (0.0, 5.0),
    "shoulder_flex": (2.0, 12.0),
    "shoulder_abduct": (13.0, 6.0),
    "shoulder_twist": (15.0, 15.0),
    "elbow": (18.0, 12.0),
    "wrist": (0.0, 10.0),
    "hip_flex": (2.0, 5.0),
    "hip_abduct": (6.0, 4.0),
    "hip_twist": (-8.0, 6.0),
    "knee": (5.0, 4.0),
    "ankle": (0.0, 3.0),
}
_CHANGED: dict[str, dict[str, tuple[float, float]]] = {
    "stand": {},
    "wave": {
        "right_shoulder_abduct": (105.0, 22.0),
        "right_shoulder_flex": (15.0, 14.0),
        "right_shoulder_twist": (-50.0, 10.0),
        "right_elbow": (80.0, 30.0),
    },
    "cheer": {
        "shoulder_abduct": (140.0, 18.0),
        "shoulder_flex": (5.0, 15.0),
        "shoulder_twist": (-30.0, 20.0),
        "elbow": (30.0, 22.0),
        "hip_abduct": (13.0, 6.0),
    },
    "spread": {
        "shoulder_abduct": (75.0, 16.0),
        "shoulder_twist": (-20.0, 25.0),
        "elbow": (25.0, 20.0),
        "hip_abduct": (20.0, 8.0),
    },
    "akimbo": {
        "shoulder_abduct": (46.0, 6.0),
        "shoulder_flex": (-12.0, 6.0),
        "shoulder_twist": (60.0, 8.0),
        "elbow": (95.0, 8.0),
        "wrist": (0.0, 10.0),
    },
    "hold": {
        "shoulder_flex": (35.0, 14.0),
        "shoulder_abduct": (12.0, 6.0),
        "shoulder_twist": (28.0, 12.0),
        "elbow": (85.0, 20.0),
    },
    "walk": {
        "left_hip_flex": (26.0, 8.0),
        "right_hip_flex": (-14.0, 6.0),
        "left_knee": (14.0, 8.0),
        "right_knee": (22.0, 12.0),
        "right_ankle": (20.0, 8.0),
        "left_shoulder_flex": (-24.0, 9.0),
        "right_shoulder_flex": (28.0, 9.0),
        "elbow": (32.0, 14.0),
        "hip_abduct": (3.0, 2.0),
        "spine_twist": (7.0, 5.0),
    },
    "run": {
        "spine_bend": (12.0, 6.0),
        "left_hip_flex": (58.0, 12.0),
        "right_hip_flex": (-18.0, 6.0),
        "left_knee": (75.0, 15.0),
        "right_knee": (55.0, 25.0),
        "right_ankle": (25.0, 8.0),
        "left_shoulder_flex": (-38.0, 8.0),
        "right_shoulder_flex": (42.0, 12.0),
        "elbow": (92.0, 12.0),
        "root_pitch": (6.0, 4.0),
        "lift": (0.06, 0.04),
    },
    "kick": {
        "left_hip_flex": (72.0, 20.0),
        "left_knee": (22.0, 16.0),
        "shoulder_abduct": (50.0, 18.0),
        "elbow": (35.0, 18.0),
        "root_pitch": (-8.0, 6.0),
    },
    "lunge": {
        "left_hip_flex": (72.0, 10.0),
        "left_knee": (70.0, 12.0),
        "right_hip_flex": (-20.0, 4.0),
        "right_knee": (40.0, 15.0),
        "right_ankle": (30.0, 6.0),
        "shoulder_flex": (40.0, 40.0),
        "shoulder_abduct": (35.0, 25.0),
        "elbow": (45.0, 30.0),
    },
    "squat": {
        "spine_bend": (25.0, 10.0),
        "hip_flex": (95.0, 12.0),
        "hip_abduct": (20.0, 8.0),
        "knee": (110.0, 15.0),
        "ankle": (-15.0, 4.0),
        "shoulder_flex": (70.0, 22.0),
        "elbow": (35.0, 25.0),
        "root_pitch": (8.0, 5.0),
    },
    "sit": {
        "hip_flex": (84.0, 6.0),
        "hip_abduct": (9.0, 5.0),
        "knee": (84.0, 12.0),
        "shoulder_flex": (32.0, 12.0),
        "shoulder_twist": (25.0, 12.0),
        "elbow": (50.0, 20.0),
        "spine_bend": (6.0, 8.0),
    },
    "bow": {
        "spine_bend": (48.0, 10.0),
        "hip_flex": (38.0, 12.0),
        "root_pitch": (32.0, 10.0),
        "shoulder_flex": (65.0, 22.0),
        "elbow": (25.0, 18.0),
        "neck_nod": (-10.0, 12.0),
    },
    "leap": {
        "shoulder_abduct": (110.0, 35.0),
        "shoulder_flex": (25.0, 25.0),
        "shoulder_twist": (-20.0, 25.0),
        "elbow": (35.0, 25.0),
        "hip_flex": (30.0, 28.0),
        "hip_abduct": (25.0, 14.0),
        "knee": (55.0, 32.0),
        "ankle": (25.0, 8.0),
        "root_roll": (0.0, 8.0),
        "lift": (0.3, 0.12),
    },
    "recline": {
        "root_pitch": (-74.0, 6.0),
        "root_roll": (0.0, 10.0),
        "hip_flex": (28.0, 20.0),
        "knee": (40.0, 28.0),
        "shoulder_abduct": (45.0, 30.0),
        "elbow": (45.0, 30.0),
        "neck_nod": (20.0, 8.0),
        "spine_bend": (10.0, 6.0),
    },
    "cartwheel": {
        "root_roll": (115.0, 55.0),
        "shoulder_abduct": (150.0, 14.0),
        "elbow": (8.0, 5.0),
        "hip_abduct": (42.0, 8.0),
        "knee": (8.0, 6.0),
        "lift": (0.15, 0.1),
    },
}
MODES = {mode: _STAND | changed for mode, changed in _CHANGED.items()}

EASY_MODES = ("stand", "stand", "wave", "akimbo", "spread", "walk")
MEDIUM_MODES = (*EASY_MODES, "cheer", "hold", "run", "kick", "lunge", "sit", "squat", "leap")
HARD_MODES = tuple(mode for mode in MODES if mode != "stand")

ROOT = ("root_pitch", "root_roll", "lift")


def draw_pose(mode: str, dice: Dice) -> Pose:
    """Draw a pose of the mode, every angle clamped to its limits; half are mirrored."""
    recipe = MODES[mode]
    pose: Pose = {}
    for name, (low, high) in LIMITS.items():
        mean, spread = recipe.get(name) or recipe[name.partition("_")[2]]
        pose[name] = min(max(mean + spread * dice.bell(), low), high)
    for name in ROOT:
        mean, spread = recipe.get(name, (0.0, 0.0))
        pose[name] = mean + spread * dice.bell()
    pose["lift"] = max(pose["lift"], 0.0)
    return mirrored(pose) if dice.chance(0.5) else pose


def mirrored(pose: Pose) -> Pose:
    """The pose as a mirror shows it: left and right exchanged, sideways angles negated."""
    swap = {"left": "right", "right": "left"}
    out: Pose = {}
    for name, angle in pose.items():
        side, _, rest = name.partition("_")
        if side in swap:
            out[f"{swap[side]}_{rest}"] = angle
        elif name in ("spine_side", "spine_twist", "neck_turn", "neck_tilt", "root_roll"):
            out[name] = -angle
        else:
            out[name] = angle
    return out
