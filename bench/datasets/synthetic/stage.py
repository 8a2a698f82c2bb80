"""Composition of a scene: difficulty level, people and their poses, and the camera."""

import math
from dataclasses import dataclass

import numpy as np

from bench.datasets.synthetic.backdrop import add_prop, add_seat
from bench.datasets.synthetic.body import model_body
from bench.datasets.synthetic.camera import Camera, look_at
from bench.datasets.synthetic.dice import Dice
from bench.datasets.synthetic.look import Look, draw_look
from bench.datasets.synthetic.poses import EASY_MODES, HARD_MODES, MEDIUM_MODES, draw_pose
from bench.datasets.synthetic.render import extent
from bench.datasets.synthetic.skeleton import Skeleton, Vec, pose_skeleton
from bench.datasets.synthetic.solids import Solids


@dataclass(frozen=True)
class Level:
    """The parameters of one difficulty level: numbers only.

    yaw: degrees about the viewer; roll: of the camera, degrees; eye: heights of the camera,
    metres; distance: of the camera in a crop, metres; fill: share of a crop the person takes
    (above 1 it is cut off); neighbour, occluder: chance of each; wall, props: most things on the
    wall, on the floor; people: fewest and most in a scene; spacing: metres between people; noise:
    of the sensor, grey levels.
    """

    modes: tuple[str, ...]
    yaw: float
    roll: float
    eye: tuple[float, float]
    distance: tuple[float, float]
    fill: tuple[float, float]
    neighbour: float
    occluder: float
    wall: int
    props: int
    people: tuple[int, int]
    spacing: float
    noise: int


LEVELS: dict[str, Level] = {
    "easy": Level(
        modes=EASY_MODES, yaw=35, roll=3, eye=(1.1, 1.6), distance=(4, 7), fill=(0.78, 0.96),
        neighbour=0.0, occluder=0.0, wall=3, props=1, people=(1, 3), spacing=1.1, noise=4,
    ),
    "medium": Level(
        modes=MEDIUM_MODES, yaw=100, roll=7, eye=(0.8, 2.0), distance=(3, 6.5), fill=(0.66, 1.0),
        neighbour=0.3, occluder=0.25, wall=5, props=2, people=(2, 4), spacing=0.7, noise=8,
    ),
    "hard": Level(
        modes=HARD_MODES, yaw=180, roll=14, eye=(0.4, 2.7), distance=(2.4, 6), fill=(0.55, 1.2),
        neighbour=0.7, occluder=0.5, wall=8, props=3, people=(3, 6), spacing=0.42, noise=14,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Actor:
    """A person on the stage: skeleton, look, solids, and where they stand."""

    skeleton: Skeleton
    look: Look
    solids: Solids
    x: float
    z: float


@dataclass(frozen=True)
class Stage:
    """A composed scene before rendering: actors (the main one first), things, camera, direction to the light."""

    actors: list[Actor]
    props: Solids
    camera: Camera
    light: Vec


def _actor(level: Level, x: float, z: float, eye: Vec, props: Solids, dice: Dice) -> Actor:
    """Draw a person standing at (x, z); one who sits gets a seat among the props."""
    look = draw_look(dice)
    mode = dice.pick(level.modes)
    pose = draw_pose(mode, dice)
    # yaw is measured from the line to the viewer (small angles: the tangent stands for the angle)
    facing = 57.3 * (eye[0] - x) / (eye[2] - z)
    yaw = facing + dice.uniform(-level.yaw, level.yaw)
    skeleton = pose_skeleton(pose, look.build, yaw, x, z)
    if mode == "sit":
        add_seat(props, skeleton.at("pelvis", "pelvis", 0, -0.115, -0.03), dice)
    return Actor(skeleton, look, model_body(skeleton, look), x, z)


def _light(dice: Dice) -> Vec:
    x, y, z = dice.uniform(-0.8, 0.8), dice.uniform(0.5, 1.0), dice.uniform(0.35, 1.0)
    length = math.sqrt(x * x + y * y + z * z)
    return (x / length, y / length, z / length)


def stage_crop(level: Level, width: int, height: int, dice: Dice) -> Stage:
    """One person, framed; at the higher levels with neighbours, things in front, cut-off limbs."""
    distance = dice.uniform(*level.distance)
    eye = (0.0, dice.uniform(*level.eye), distance)
    props = Solids()
    actors = [_actor(level, 0.0, 0.0, eye, props, dice)]
    middle = actors[0].skeleton.joints["waist"]
    target = (middle[0], middle[1] + dice.uniform(-0.2, 0.2), middle[2])
    camera = look_at(eye, target, dice.uniform(-level.roll, level.roll), 1.0, (0.0, 0.0))
    while len(actors) < 4 and dice.chance(level.neighbour):
        side = dice.pick((-1.0, 1.0))
        x, z = side * dice.uniform(0.38, 0.95), dice.uniform(-1.2, 0.5)
        actors.append(_actor(level, x, z, eye, props, dice))
    for _ in range(dice.below(level.props + 1)):
        add_prop(props, dice.uniform(-1.6, 1.6), dice.uniform(-2.0, -0.5), dice)
    if dice.chance(level.occluder):
        ahead = dice.uniform(0.35, 0.8)
        add_prop(props, dice.uniform(-0.45, 0.45), ahead, dice)
    return Stage(
        actors, props, _framed(camera, actors[0], level, width, height, dice), _light(dice)
    )


def _framed(
    camera: Camera, actor: Actor, level: Level, width: int, height: int, dice: Dice
) -> Camera:
    """Zoom and shift the camera so that the actor fills a drawn share of the picture."""
    x0, y0, x1, y1 = extent(np.array(actor.solids.shapes), camera)
    fill = dice.uniform(*level.fill)
    zoom = fill * min(width / (x1 - x0), height / (y1 - y0))
    slack_x, slack_y = width - zoom * (x1 - x0), height - zoom * (y1 - y0)
    left = slack_x * (0.5 + 0.4 * dice.uniform(-1, 1))
    top = slack_y * (0.5 + 0.4 * dice.uniform(-1, 1))
    return camera.reframed(zoom, (left - zoom * x0, top - zoom * y0))


def stage_scene(level: Level, width: int, height: int, dice: Dice) -> Stage:
    """Several people on a floor; at the higher levels close together, with things among them."""
    eye = (0.0, dice.uniform(*level.eye), 0.0)
    focal = height * dice.uniform(1.4, 1.9)
    middle = dice.uniform(3.8, 5.6)
    target = (0.0, dice.uniform(0.8, 1.1), -middle)
    roll = dice.uniform(-0.6 * level.roll, 0.6 * level.roll)
    camera = look_at(eye, target, roll, focal, (0.5 * width, 0.5 * height))
    half = 0.4 * width / focal  # of the view, per metre of distance
    count = level.people[0] + dice.below(level.people[1] - level.people[0] + 1)
    knot = dice.uniform(-0.5, 0.5) * half * middle  # where a crowd gathers
    actors: list[Actor] = []
    props = Solids()
    for _ in range(8 * count):
        z = -dice.uniform(middle - 1.2, middle + 1.8)
        x = dice.uniform(half * z, -half * z)
        x += (knot - x) * (0.6 if level.spacing < 0.6 else 0.0)
        apart = [(a.x - x) ** 2 + 0.3 * (a.z - z) ** 2 for a in actors]
        if all(d > level.spacing * level.spacing for d in apart):
            actors.append(_actor(level, x, z, eye, props, dice))
        if len(actors) == count:
            break
    for _ in range(dice.below(level.props + 1) + 1):
        z = -dice.uniform(middle + 1.0, middle + 3.0)
        add_prop(props, dice.uniform(half * z, -half * z), z, dice)
    if dice.chance(level.occluder):
        z = -dice.uniform(2.0, middle - 1.5)
        add_prop(props, dice.uniform(half * z, -half * z), z, dice)
    return Stage(actors, props, camera, _light(dice))
