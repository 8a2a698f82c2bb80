"""A 3-D kinematic skeleton: forward kinematics from the angles of a pose to joints and bone frames.

Frame of a body: x to its left, y up, z forward; metres. At rest every bone's frame equals the
body's: arms and legs hang down, feet point forward. The world has y up and its floor at y = 0.
"""

from dataclasses import dataclass

from bench.datasets.synthetic.dice import sincos
from bench.datasets.synthetic.poses import Pose

Vec = tuple[float, float, float]
Mat = tuple[Vec, Vec, Vec]


@dataclass(frozen=True)
class Build:
    """Bone lengths and girths of a person, in metres; `girth` and `bulk` multiply radii."""

    stature: float = 1.0
    shoulders: float = 0.178
    hips: float = 0.092
    leg: float = 0.43
    arm: float = 0.285
    girth: float = 1.0
    head: float = 1.0


@dataclass(frozen=True)
class Skeleton:
    """Joints: name -> (x, y, z), metres, world. Frames: bone -> rotation, columns are axes."""

    joints: dict[str, Vec]
    frames: dict[str, Mat]
    build: Build

    def at(self, joint: str, bone: str, x: float, y: float, z: float) -> Vec:
        """The point at offset (x, y, z), metres in a bone's frame at stature 1, from a joint."""
        s = self.build.stature
        return _add(self.joints[joint], _turn(self.frames[bone], (x * s, y * s, z * s)))


def matmul(a: Mat, b: Mat) -> Mat:
    """Product of two 3x3 matrices in a fixed order of additions (BLAS would not promise one)."""
    (b00, b01, b02), (b10, b11, b12), (b20, b21, b22) = b
    rows = [
        (
            x * b00 + y * b10 + z * b20,
            x * b01 + y * b11 + z * b21,
            x * b02 + y * b12 + z * b22,
        )
        for x, y, z in a
    ]
    return rows[0], rows[1], rows[2]


def rot_x(degrees: float) -> Mat:
    """Rotation about x: takes y towards z."""
    s, c = sincos(degrees)
    return ((1.0, 0.0, 0.0), (0.0, c, -s), (0.0, s, c))


def rot_y(degrees: float) -> Mat:
    """Rotation about y: takes z towards x."""
    s, c = sincos(degrees)
    return ((c, 0.0, s), (0.0, 1.0, 0.0), (-s, 0.0, c))


def rot_z(degrees: float) -> Mat:
    """Rotation about z: takes x towards y."""
    s, c = sincos(degrees)
    return ((c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, 1.0))


def _rotation(y: float, z: float, x: float) -> Mat:
    """Rotation about x, then z, then y, by degrees."""
    return matmul(rot_y(y), matmul(rot_z(z), rot_x(x)))


def _turn(m: Mat, v: Vec) -> Vec:
    x, y, z = v
    a, b, c = m
    return (
        a[0] * x + a[1] * y + a[2] * z,
        b[0] * x + b[1] * y + b[2] * z,
        c[0] * x + c[1] * y + c[2] * z,
    )


def _add(a: Vec, b: Vec) -> Vec:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def pose_skeleton(pose: Pose, build: Build, yaw: float, x: float, z: float) -> Skeleton:
    """Forward kinematics of a pose.

    `yaw` turns the body about the vertical: 0 faces +z, 90 faces +x. The body stands at (x, z) with
    its lowest foot, hand or hip on the floor, plus the pose's `lift`.
    """
    root = _rotation(yaw, pose["root_roll"], pose["root_pitch"])
    bone = _Chain(build.stature, {"pelvis": (0.0, 0.0, 0.0)}, {"pelvis": root})
    half = _rotation(pose["spine_twist"] / 2, pose["spine_side"] / 2, pose["spine_bend"] / 2)
    bone.grow("waist", "pelvis", (0.0, 0.13, 0.0), "pelvis", half)
    bone.grow("chest", "waist", (0.0, 0.12, 0.0), "waist", half)
    neck, head = (
        _rotation(pose["neck_turn"] * part, pose["neck_tilt"] * part, pose["neck_nod"] * part)
        for part in (0.4, 0.6)
    )
    bone.grow("neck", "chest", (0.0, 0.25, -0.01), "chest", neck)
    bone.grow("head", "neck", (0.0, 0.062, 0.01), "neck", head)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        _grow_arm(bone, pose, build, side, sign)
        _grow_leg(bone, pose, build, side, sign)
    return _placed(bone, build, x, pose["lift"], z)


def _grow_arm(bone: "_Chain", pose: Pose, build: Build, side: str, sign: float) -> None:
    upper = matmul(
        rot_z(sign * pose[f"{side}_shoulder_abduct"]),
        matmul(
            rot_x(-pose[f"{side}_shoulder_flex"]), rot_y(-sign * pose[f"{side}_shoulder_twist"])
        ),
    )
    shrug = 0.045 * max(0.0, 0.4 - upper[1][1])  # the shoulder rises with a lifted arm
    offset = (sign * (build.shoulders - 0.5 * shrug), 0.188 + shrug, -0.005)
    bone.grow(f"{side}_upper_arm", "chest", offset, "chest", upper, f"{side}_shoulder")
    elbow, wrist = -pose[f"{side}_elbow"], -pose[f"{side}_wrist"]
    bone.hinge(side, "forearm", "shoulder", build.arm, "upper_arm", elbow, "elbow")
    bone.hinge(side, "hand", "elbow", 0.87 * build.arm, "forearm", wrist, "wrist")


def _grow_leg(bone: "_Chain", pose: Pose, build: Build, side: str, sign: float) -> None:
    thigh = matmul(
        rot_z(sign * pose[f"{side}_hip_abduct"]),
        matmul(rot_x(-pose[f"{side}_hip_flex"]), rot_y(-sign * pose[f"{side}_hip_twist"])),
    )
    offset = (sign * build.hips, -0.03, 0.0)
    bone.grow(f"{side}_thigh", "pelvis", offset, "pelvis", thigh, f"{side}_hip")
    knee, ankle = pose[f"{side}_knee"], pose[f"{side}_ankle"]
    bone.hinge(side, "shank", "hip", build.leg, "thigh", knee, "knee")
    bone.hinge(side, "foot", "knee", 0.95 * build.leg, "shank", ankle, "ankle")


@dataclass
class _Chain:
    """Bones while they grow from the pelvis outwards."""

    stature: float
    joints: dict[str, Vec]
    frames: dict[str, Mat]

    def grow(
        self, bone: str, start: str, offset: Vec, parent: str, turn: Mat, joint: str = ""
    ) -> None:
        """Add a bone whose joint lies at an offset (parent's frame) from joint `start`."""
        s = self.stature
        frame = self.frames[parent]
        moved = _turn(frame, (offset[0] * s, offset[1] * s, offset[2] * s))
        self.joints[joint or bone] = _add(self.joints[start], moved)
        self.frames[bone] = matmul(frame, turn)

    def hinge(
        self, side: str, bone: str, start: str, length: float, above: str, bend: float, joint: str
    ) -> None:
        """Add a limb's bone whose joint is `length` below `start`, and bends by degrees about x."""
        offset = (0.0, -length, 0.0)
        names = f"{side}_{bone}", f"{side}_{start}"
        self.grow(*names, offset, f"{side}_{above}", rot_x(bend), f"{side}_{joint}")


# Points that may touch the floor: (joint, bone, offset in the bone's frame).
_SOLES = [
    (f"{side}_{joint}", f"{side}_{bone}", offset)
    for side in ("left", "right")
    for joint, bone, offset in (
        ("ankle", "foot", (0.0, -0.085, 0.14)),
        ("ankle", "foot", (0.0, -0.085, -0.06)),
        ("wrist", "hand", (0.0, -0.16, 0.0)),
        ("hip", "thigh", (0.0, -0.0, -0.11)),
        ("knee", "shank", (0.0, 0.0, 0.06)),
    )
] + [("head", "head", (0.0, 0.22, 0.0)), ("chest", "chest", (0.0, 0.1, -0.11))]


def _placed(bone: _Chain, build: Build, x: float, lift: float, z: float) -> Skeleton:
    loose = Skeleton(bone.joints, bone.frames, build)
    lowest = min(loose.at(joint, name, *offset)[1] for joint, name, offset in _SOLES)
    move = (x, lift - lowest, z)
    return Skeleton({k: _add(v, move) for k, v in bone.joints.items()}, bone.frames, build)
