"""Facts about synthetic people: determinism, anatomy, truth of the annotation, file formats."""

import contextlib
import hashlib
import io
import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.io
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from bench.datasets import synthetic
from bench.datasets.keypoints import KEYPOINTS
from bench.datasets.synthetic.dice import Dice, sincos
from bench.datasets.synthetic.look import draw_look
from bench.datasets.synthetic.png import encode_png
from bench.datasets.synthetic.poses import LIMITS, MODES, draw_pose, mirrored
from bench.datasets.synthetic.scene import Scene
from bench.datasets.synthetic.skeleton import Build, pose_skeleton
from bench.datasets.synthetic.truth import FACE, HIDDEN, OUTSIDE, VISIBLE
from bench.datasets.synthetic.views import (
    category,
    coco_annotation,
    crowd_index,
    mpii_annotation,
    mpii_marks,
    mpii_truth,
)
from bench.errors import DataError, EnvironmentProblem, UnknownName

PIXELS_OF_VERSION_1 = "486d9192b6767f7a3f2e39d72760ba231f81f89aec49094144ce20ef251517b0"
SWAP = [0, *(i + 1 if i % 2 else i - 1 for i in range(1, 17))]


@pytest.fixture(scope="module")
def hard() -> list[Scene]:
    return [synthetic.render(3, i, difficulty="hard") for i in range(60)]


@pytest.fixture(scope="module")
def crowd() -> list[Scene]:
    return [synthetic.render(3, i, kind="scenes", difficulty="hard") for i in range(12)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("synthetic")
    for dataset in ("coco", "mpii", "crowdpose"):
        synthetic.generate(
            root / dataset, dataset=dataset, kind="scenes", difficulty="medium", train=3, val=4
        )
    return root


def coco_file(scenes: list[Scene]) -> dict[str, Any]:
    people = [(i, person) for i, scene in enumerate(scenes, 1) for person in scene.people]
    return {
        "info": {},
        "images": [{"id": i + 1, "height": 128, "width": 96} for i in range(len(scenes))],
        "annotations": [
            coco_annotation(person, KEYPOINTS["coco"].names, image, n)
            for n, (image, person) in enumerate(people, 1)
        ],
        "categories": [category("coco")],
    }


def average_precision(truth: dict[str, Any], keypoints: list[list[float]]) -> float:
    results = [
        {"image_id": a["image_id"], "category_id": 1, "score": 1 - 1e-4 * i, "keypoints": k}
        for i, (a, k) in enumerate(zip(truth["annotations"], keypoints, strict=True))
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(results), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])


def points(annotation: dict[str, Any]) -> np.ndarray:
    return np.array(annotation["keypoints"], float).reshape(-1, 3)


# Determinism


def test_sine_and_cosine_agree_with_the_library_and_keep_the_circle() -> None:
    for degrees in np.linspace(-400, 400, 997).tolist():
        s, c = sincos(degrees)
        assert s == pytest.approx(math.sin(math.radians(degrees)), abs=1e-12)
        assert c == pytest.approx(math.cos(math.radians(degrees)), abs=1e-12)


def test_dice_follow_the_raw_stream_of_philox() -> None:
    key = np.frombuffer(hashlib.sha256(b"a/1").digest()[:16], "<u8").astype(np.uint64)
    raw = np.random.Philox(key=key).random_raw(256)
    assert Dice("a", 1).unit() == int(raw[-1] >> np.uint64(11)) / 2**53


@pytest.mark.process
def test_one_and_two_workers_write_the_same_bytes(tmp_path: Path) -> None:
    wanted = {"dataset": "coco", "difficulty": "medium", "train": 20, "val": 3}
    made = [synthetic.generate(tmp_path / str(n), **wanted, workers=n) for n in (1, 2)]
    assert made[0] == made[1]
    assert synthetic.fingerprint(tmp_path / "1") == made[0].fingerprint
    assert synthetic.fingerprint(tmp_path / "2") == made[0].fingerprint


def test_an_item_does_not_depend_on_how_many_were_made(tmp_path: Path) -> None:
    for count in (2, 4):
        synthetic.generate(tmp_path / str(count), dataset="coco", train=count, val=1)
    few, many = (sorted((tmp_path / n / "train2017").iterdir()) for n in ("2", "4"))
    assert [f.read_bytes() for f in few] == [f.read_bytes() for f in many[:2]]
    again = synthetic.render(0, 1)
    assert many[1].read_bytes() == encode_png(again.image)


def test_pixels_are_those_of_version_1() -> None:
    """The promise of `write.VERSION`: another picture for the same seed needs another version."""
    digest = hashlib.sha256()
    for kind in ("crops", "scenes"):
        for difficulty in ("easy", "medium", "hard"):
            digest.update(synthetic.render(7, 0, kind=kind, difficulty=difficulty).image.tobytes())
    assert digest.hexdigest() == PIXELS_OF_VERSION_1


def test_seed_split_and_index_all_change_the_picture() -> None:
    images = [
        synthetic.render(0, 0).image,
        synthetic.render(1, 0).image,
        synthetic.render(0, 1).image,
        synthetic.render(0, 0, split="val").image,
    ]
    assert len({image.tobytes() for image in images}) == 4


def test_png_is_read_back_by_opencv() -> None:
    image = Dice("png").noise(130, 200, 3)
    decoded = cv2.imdecode(np.frombuffer(encode_png(image), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(decoded, image)


# Anatomy


@pytest.mark.parametrize("mode", MODES)
def test_joint_limits_hold(mode: str) -> None:
    for i in range(40):
        pose = draw_pose(mode, Dice("limits", mode, i))
        for name, (low, high) in LIMITS.items():
            assert low <= pose[name] <= high


@pytest.mark.parametrize("mode", MODES)
def test_bones_keep_their_length_and_nobody_sinks_into_the_floor(mode: str) -> None:
    build = draw_look(Dice("look", mode)).build
    joints = pose_skeleton(draw_pose(mode, Dice("bones", mode)), build, 33.0, 1.0, -2.0).joints
    for side in ("left", "right"):
        for a, b, length in (
            ("shoulder", "elbow", build.arm),
            ("elbow", "wrist", 0.87 * build.arm),
            ("hip", "knee", build.leg),
            ("knee", "ankle", 0.95 * build.leg),
        ):
            apart = math.dist(joints[f"{side}_{a}"], joints[f"{side}_{b}"])
            assert apart == pytest.approx(length * build.stature)
    assert min(y for _, y, _ in joints.values()) > -0.05


def test_mirrored_pose_gives_the_mirrored_skeleton() -> None:
    pose = draw_pose("lunge", Dice("mirror"))
    there, back = (pose_skeleton(p, Build(), 0.0, 0.0, 0.0).joints for p in (pose, mirrored(pose)))
    swap = {"left": "right", "right": "left"}
    for name, (x, y, z) in there.items():
        side, _, rest = name.partition("_")
        twin = f"{swap[side]}_{rest}" if side in swap else name
        assert back[twin] == pytest.approx((-x, y, z), abs=1e-12)


def test_elbows_bend_forward_and_knees_backward() -> None:
    pose = dict.fromkeys(LIMITS, 0.0) | {"root_pitch": 0.0, "root_roll": 0.0, "lift": 0.0}
    pose |= {"left_elbow": 90.0, "right_knee": 90.0, "right_hip_flex": 90.0}
    joints = pose_skeleton(pose, Build(), 0.0, 0.0, 0.0).joints
    assert joints["left_wrist"][2] > joints["left_elbow"][2] + 0.2  # z is forward
    assert joints["right_knee"][2] > joints["right_hip"][2] + 0.4
    assert joints["right_ankle"][1] < joints["right_knee"][1] - 0.4
    assert joints["left_shoulder"][0] > 0 > joints["right_shoulder"][0]


def test_faces_that_look_at_the_viewer_have_their_left_eye_on_the_right_of_the_picture() -> None:
    seen = 0
    for i in range(40):
        marks = synthetic.render(5, i).people[0].points
        if all(marks[name][2] == VISIBLE for name in FACE):
            seen += 1
            assert marks["left_ear"][0] > marks["left_eye"][0] > marks["right_eye"][0]
            assert marks["left_shoulder"][0] > marks["right_shoulder"][0]
            assert marks["left_eye"][1] < marks["left_shoulder"][1]
    assert seen >= 5


# Truth of the annotation


@pytest.mark.slow
def test_visible_points_lie_on_their_own_person_and_masks_do_not_overlap(
    hard: list[Scene], crowd: list[Scene]
) -> None:
    for scene in hard + crowd:
        assert sum(person.mask.astype(int) for person in scene.people).max() <= 1
        for person in scene.people:
            for x, y, v in person.points.values():
                if v == VISIBLE:
                    assert person.mask[int(y + 0.5), int(x + 0.5)]


def test_all_three_visibilities_occur_and_hidden_face_points_are_not_labelled(
    hard: list[Scene],
) -> None:
    truth = coco_file(hard)["annotations"]
    body, face = (np.concatenate([points(a)[part, 2] for a in truth]) for part in (
        slice(5, None), slice(5)))  # fmt: skip
    assert set(face) == {0, 2}
    assert all((body == v).mean() > 0.1 for v in (0, 1, 2))
    for annotation in truth:
        xyv = points(annotation)
        assert not xyv[xyv[:, 2] == 0].any()
        assert annotation["num_keypoints"] == (xyv[:, 2] > 0).sum()


def test_area_and_box_are_those_of_the_mask(hard: list[Scene], crowd: list[Scene]) -> None:
    for scene in hard[:10] + crowd[:4]:
        for person in scene.people:
            code = coco_annotation(person, KEYPOINTS["coco"].names, 1, 1)["segmentation"]
            packed = masks.frPyObjects(code, *code["size"])
            assert packed == masks.encode(np.asfortranarray(person.mask.astype(np.uint8)))
            assert masks.area(packed) == person.area
            assert tuple(masks.toBbox(packed)) == person.box


def test_truth_as_prediction_scores_1_and_two_cheats_next_to_nothing(hard: list[Scene]) -> None:
    truth = coco_file(hard)
    own = [a["keypoints"] for a in truth["annotations"]]
    assert average_precision(truth, own) == pytest.approx(1.0)
    swapped = [points(a)[SWAP].ravel().tolist() for a in truth["annotations"]]
    assert average_precision(truth, swapped) < 0.1
    boxes = np.array([a["bbox"] for a in truth["annotations"]], float)[:, None]
    xyv = np.stack([points(a) for a in truth["annotations"]])
    inside, labelled = (xyv[..., :2] - boxes[..., :2]) / boxes[..., 2:], xyv[..., 2:] > 0
    mean = (inside * labelled).sum(axis=0) / labelled.sum(axis=0)
    guess = np.concatenate([mean * boxes[..., 2:] + boxes[..., :2], np.ones((len(xyv), 17, 1))], 2)
    assert average_precision(truth, guess.reshape(len(xyv), -1).tolist()) < 0.05


def test_the_difficulty_dial_turns_the_right_way() -> None:
    hidden, people = [], []
    for difficulty in ("easy", "medium", "hard"):
        scenes = [synthetic.render(1, i, difficulty=difficulty) for i in range(30)]
        everybody = [person for scene in scenes for person in scene.people]
        states = np.array([v for p in everybody for _, _, v in p.points.values()])
        hidden.append((states == HIDDEN).mean())
        people.append(len(everybody) / len(scenes))
    assert hidden[0] < hidden[1] < hidden[2]
    assert people[0] == 1 < people[1] < people[2]


# The three formats


def test_mpii_and_crowdpose_share_the_joints_of_coco(crowd: list[Scene]) -> None:
    for person in (p for scene in crowd for p in scene.people):
        coco = dict(
            zip(
                KEYPOINTS["coco"].names,
                points(coco_annotation(person, KEYPOINTS["coco"].names, 1, 1)),
                strict=True,
            )
        )
        other = points(coco_annotation(person, KEYPOINTS["crowdpose"].names, 1, 1))
        for name, xyv in zip(KEYPOINTS["crowdpose"].names[:12], other, strict=False):
            assert np.array_equal(xyv, coco[name])
        mpii = mpii_annotation(person, "1.png")
        for name, xy, vis in zip(
            KEYPOINTS["mpii"].names, mpii["joints"], mpii["joints_vis"], strict=True
        ):
            if name in coco:
                assert vis == (coco[name][2] > 0)
                if vis:
                    assert xy == pytest.approx(coco[name][:2] + 1)  # MPII counts from 1


def test_head_box_holds_the_top_of_the_head_and_the_eyes(crowd: list[Scene]) -> None:
    people = [p for scene in crowd for p in scene.people]
    truth = mpii_truth([mpii_marks(p) for p in people])
    assert truth["headboxes_src"].shape == (2, 2, len(people))
    assert truth["pos_gt_src"].shape == (16, 2, len(people))
    for n, person in enumerate(people):
        low, high = truth["headboxes_src"][:, :, n] - 1
        for name in ("head_top", "left_eye", "right_eye"):
            xy = np.array(person.points[name][:2])
            assert (xy > low - 0.6).all()
            assert (xy < high + 0.6).all()
        missing = [
            v == OUTSIDE for v in (person.points[name][2] for name in KEYPOINTS["mpii"].names)
        ]
        assert truth["jnt_missing"][:, n].tolist() == missing


def test_crowd_index_of_a_hand_made_example() -> None:
    # A (4 joints, box 0..10) holds 2 of B's joints, B (2 joints, box 8..18) 1 of A's; C is far.
    a = {"bbox": [0, 0, 10, 10], "num_keypoints": 4,
         "keypoints": [1, 1, 2, 2, 2, 1, 3, 3, 2, 9, 9, 2]}  # fmt: skip
    b = {"bbox": [8, 8, 10, 10], "num_keypoints": 2, "keypoints": [9, 9, 2, 10, 10, 1, 0, 0, 0]}
    c = {"bbox": [50, 50, 5, 5], "num_keypoints": 1, "keypoints": [52, 52, 2]}
    assert crowd_index([a, b, c]) == pytest.approx((2 / 4 + 1 / 2 + 0) / 3, abs=1e-4)
    assert crowd_index([b, b | {"bbox": [9, 9, 1, 1]}]) == 1.0
    assert crowd_index([c]) == crowd_index([]) == 0.0


def test_files_lie_where_the_data_sets_have_them(folders: Path) -> None:
    names = {p.relative_to(folders).as_posix() for p in folders.rglob("*.*")}
    assert {n for n in names if not n.endswith(".png")} == {
        "coco/annotations/person_keypoints_train2017.json",
        "coco/annotations/person_keypoints_val2017.json",
        "coco/person_detection_results/COCO_val2017_detections_AP_H_56_person.json",
        "crowdpose/annotations/det_for_crowd_test_0.1_0.5.json",
        "crowdpose/annotations/mmpose_crowdpose_test.json",
        "crowdpose/annotations/mmpose_crowdpose_trainval.json",
        "mpii/annotations/mpii_gt_val.mat",
        "mpii/annotations/mpii_train.json",
        "mpii/annotations/mpii_val.json",
        *(f"{d}/manifest.json" for d in ("coco", "crowdpose", "mpii")),
    }
    pictures = [
        b"".join(p.read_bytes() for p in sorted((folders / d).rglob("*.png")))
        for d in ("coco", "mpii", "crowdpose")
    ]
    assert pictures[0] == pictures[1] == pictures[2]


def test_coco_and_crowdpose_files_load_in_pycocotools_with_their_boxes(folders: Path) -> None:
    for name, boxes, keypoints in (
        ("coco/annotations/person_keypoints_val2017.json",
         "coco/person_detection_results/COCO_val2017_detections_AP_H_56_person.json", 17),
        ("crowdpose/annotations/mmpose_crowdpose_test.json",
         "crowdpose/annotations/det_for_crowd_test_0.1_0.5.json", 14),
    ):  # fmt: skip
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(str(folders / name))
            found = coco.loadRes(str(folders / boxes))
        assert len(coco.imgs) == 4
        assert len(coco.loadCats(1)[0]["keypoints"]) == keypoints
        assert all(len(a["keypoints"]) == 3 * keypoints for a in coco.anns.values())
        assert len(found.anns) >= 4
        for box in found.anns.values():
            x, y, w, h = box["bbox"]
            assert min(x, y) >= 0 < min(w, h)
            assert x + w <= 320.01
            assert y + h <= 240.01


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # xtcocotools
def test_crowdpose_truth_scores_1_in_the_evaluation_made_for_it(folders: Path) -> None:
    from xtcocotools import cocoeval as evaluation
    from xtcocotools.coco import COCO as CrowdCOCO

    path = folders / "crowdpose/annotations/mmpose_crowdpose_test.json"
    truth = json.loads(path.read_text())
    results = [
        {"image_id": a["image_id"], "category_id": 1, "score": 0.9, "keypoints": a["keypoints"]}
        for a in truth["annotations"]
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = CrowdCOCO(str(path))
        run = evaluation.COCOeval(
            coco, coco.loadRes(results), "keypoints_crowd", np.full(14, 0.08), use_area=False
        )
        run.evaluate()
        run.accumulate()
        run.summarize()
    assert run.stats[0] == pytest.approx(1.0)


def test_mpii_truth_file_is_matlabs_and_agrees_with_the_list(folders: Path) -> None:
    people = json.loads((folders / "mpii/annotations/mpii_val.json").read_text())
    truth = scipy.io.loadmat(folders / "mpii/annotations/mpii_gt_val.mat")
    assert truth["headboxes_src"].shape == (2, 2, len(people))
    assert [str(name[0]) for name in truth["dataset_joints"][0]][9] == "head"
    present = truth["jnt_missing"] == 0
    assert np.array_equal(present.T, np.array([p["joints_vis"] for p in people], bool))
    listed = np.array([p["joints"] for p in people]).transpose(1, 2, 0)
    assert np.allclose(
        np.moveaxis(listed, 1, 2)[present], np.moveaxis(truth["pos_gt_src"], 1, 2)[present]
    )


@pytest.mark.network
@pytest.mark.filterwarnings("ignore:The metainfo config file:UserWarning")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # xtcocotools
def test_stock_mmpose_reads_all_three(folders: Path) -> None:
    from model_zoo import compat

    compat.install()
    from mmpose.datasets import CocoDataset, CrowdPoseDataset, MpiiDataset

    for dataset, root, ann_file, prefix, more in (
        (CocoDataset, "coco", "person_keypoints_val2017.json", "val2017/", {
            "bbox_file": str(folders / "coco/person_detection_results"
                             / "COCO_val2017_detections_AP_H_56_person.json")}),
        (CocoDataset, "coco", "person_keypoints_train2017.json", "train2017/", {}),
        (MpiiDataset, "mpii", "mpii_val.json", "images/", {
            "headbox_file": str(folders / "mpii/annotations/mpii_gt_val.mat")}),
        (CrowdPoseDataset, "crowdpose", "mmpose_crowdpose_test.json", "images/", {
            "bbox_file": str(folders / "crowdpose/annotations/det_for_crowd_test_0.1_0.5.json")}),
    ):  # fmt: skip
        with contextlib.redirect_stdout(io.StringIO()):
            loaded = dataset(
                ann_file=f"annotations/{ann_file}", data_root=str(folders / root),
                data_prefix={"img": prefix}, test_mode=bool(more), **more,
            )  # fmt: skip
        assert len(loaded) >= 4
        for info in (loaded[i] for i in range(len(loaded))):
            assert cv2.imread(info["img_path"]).shape == (240, 320, 3)
            if root == "mpii":
                assert 5 < float(np.squeeze(info["head_size"])) < 60


# Bad input, and folders that are already there


def test_a_folder_with_the_same_recipe_is_left_alone(tmp_path: Path) -> None:
    first = synthetic.generate(tmp_path / "a", dataset="coco", train=1, val=1)
    before = (tmp_path / "a/manifest.json").stat().st_mtime_ns
    assert synthetic.generate(tmp_path / "a", dataset="coco", train=1, val=1) == first
    assert (tmp_path / "a/manifest.json").stat().st_mtime_ns == before
    assert synthetic.read_manifest(tmp_path / "a") == first


def test_a_folder_with_anything_else_is_refused_and_kept(tmp_path: Path) -> None:
    synthetic.generate(tmp_path / "a", dataset="coco", train=1, val=0)
    with pytest.raises(DataError, match="seed=0 not 1"):
        synthetic.generate(tmp_path / "a", dataset="coco", train=1, val=0, seed=1)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/thesis.txt").write_text("mine")
    with pytest.raises(DataError, match="is not synthetic data"):
        synthetic.generate(tmp_path / "b", dataset="coco", train=1, val=0)
    assert (tmp_path / "b/thesis.txt").read_text() == "mine"


def test_nothing_is_left_behind_by_a_run_that_fails(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthetic.generate(tmp_path / "a", dataset="mpii", train=2, val=1, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("bad", "error", "says"),
    [
        ({"dataset": "coko"}, UnknownName, "did you mean: coco"),
        ({"kind": "crop"}, UnknownName, "crops"),
        ({"difficulty": "brutal"}, UnknownName, "easy, hard, medium"),
        ({"train": -1}, DataError, "train=-1"),
        ({"train": 0, "val": 0}, DataError, "one at least"),
        ({"workers": 0}, DataError, "1 or more workers"),
        ({"size": (8, 8)}, DataError, "at least 32 pixels"),
    ],
)
def test_bad_input_gets_one_clear_line(
    tmp_path: Path, bad: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        synthetic.generate(tmp_path / "a", **({"dataset": "coco", "train": 1, "val": 1} | bad))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "a").exists()


def test_a_disk_that_cannot_be_written_gets_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EnvironmentProblem, match="No space left on device"):
        synthetic.generate(tmp_path / "a", dataset="coco", train=1, val=0)
    assert list(tmp_path.iterdir()) == []


def test_contact_sheet_is_a_grid(tmp_path: Path) -> None:
    synthetic.contact_sheet(tmp_path / "s.png", count=3, columns=2, zoom=1, annotated=True)
    assert cv2.imread(str(tmp_path / "s.png")).shape == (2 * 128, 2 * 96, 3)
