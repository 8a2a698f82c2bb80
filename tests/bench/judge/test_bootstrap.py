"""The image-paired bootstrap, with pycocotools as oracle: a drawn data set is a data set."""

import contextlib
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from bench.errors import EnvironmentProblem, ResultError
from bench.evaluate.instances import rules_of
from bench.evaluate.matches import Matches, ResampledAp
from bench.evaluate.reference import read_official
from bench.judge.bootstrap import PairedRuns, compare_ap, paired_bootstrap
from bench.judge.evidence import Measurement
from bench.judge.statistics import Estimate
from tests.benchmarks.measure_bootstrap import literal_ap


def scenes(seed: int, images: int = 12):
    """Ground truth and noisy detections of `images` scenes; every score differs."""
    random = np.random.default_rng(seed)
    people, found = [], []
    for image in range(images):
        for _ in range(int(random.integers(0, 4))):
            points = random.uniform(0, 200, (17, 2))
            size = float(random.uniform(40, 160)) ** 2
            visible = (random.random(17) > 0.2).astype(float) * 2
            people.append((image, points, visible, size, bool(random.random() < 0.1)))
            for _ in range(int(random.integers(0, 3))):
                noise = points + random.normal(0, random.uniform(1, 12), (17, 2))
                found.append((image, noise, float(random.random())))
        found.append((image, random.uniform(0, 200, (17, 2)), float(random.random())))
    return people, found


def evaluated(people, found, order) -> COCOeval:
    """pycocotools on the scenes in `order`, each under a new image id."""
    truth, predictions = [], []
    for new, image in enumerate(order, 1):
        for one, points, visible, size, crowd in people:
            if one == image:
                keypoints = np.column_stack([points, visible]).ravel().tolist()
                side = float(np.sqrt(size))
                truth.append(
                    {
                        "id": len(truth) + 1,
                        "image_id": new,
                        "category_id": 1,
                        "area": size,
                        "bbox": [0, 0, side, side],
                        "iscrowd": int(crowd),
                        "keypoints": keypoints,
                        "num_keypoints": int((visible > 0).sum()),
                    }
                )
        for one, points, score in found:
            if one == image:
                keypoints = np.column_stack([points, np.ones(17)]).ravel().tolist()
                predictions.append(
                    {"image_id": new, "category_id": 1, "keypoints": keypoints, "score": score}
                )
    coco = COCO()
    coco.dataset = {
        "images": [{"id": n} for n in range(1, len(order) + 1)],
        "annotations": truth,
        "categories": [{"id": 1, "name": "person"}],
        "info": {},
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        run = COCOeval(coco, coco.loadRes(predictions), "keypoints")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run


def matches_of(run: COCOeval, area: str = "all") -> Matches:
    return Matches.of(read_official(run, rules_of("coco")), area)


@pytest.mark.parametrize("seed", range(3))
def test_ap_and_ar_are_those_of_pycocotools_in_every_area(seed) -> None:
    run = evaluated(*scenes(seed), range(12))
    for area, ap, ar in (("all", 0, 5), ("medium", 3, 8), ("large", 4, 9)):
        matches = matches_of(run, area)
        assert matches.average_precision() == pytest.approx(100 * run.stats[ap], abs=1e-9)
        assert matches.average_recall() == pytest.approx(100 * run.stats[ar], abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_drawn_data_set_has_the_ap_that_pycocotools_gives_it(seed) -> None:
    people, found = scenes(seed)
    matches = matches_of(evaluated(people, found, range(12)))
    drawn = np.random.default_rng(seed).integers(0, 12, 12)
    times = np.bincount(drawn, minlength=12)
    wanted = evaluated(people, found, sorted(drawn)).stats
    assert matches.average_precision(times) == pytest.approx(100 * wanted[0], abs=1e-9)
    assert matches.average_recall(times) == pytest.approx(100 * wanted[5], abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_many_draws_at_once_are_the_draws_one_by_one_summed_over_all_detections(seed) -> None:
    people, found = scenes(seed)
    matches = matches_of(evaluated(people, found, range(12)))
    rng = np.random.default_rng(seed)
    times = np.array([np.bincount(rng.integers(0, 12, 12), minlength=12) for _ in range(60)])
    times[7] = 0
    times[8] = matches.people == 0
    expected = [literal_ap(matches, one) if one @ matches.people else np.nan for one in times]
    np.testing.assert_allclose(ResampledAp(matches)(times), expected, rtol=0, atol=1e-11)
    assert np.isnan(expected[7:9]).all()
    assert np.isnan(matches.average_recall(times[7]))
    alone = np.flatnonzero(matches.people == 1)[0]
    recall = 100.0 * matches.hit[:, matches.image == alone].sum(axis=1).mean()
    once = np.eye(12, dtype=int)[alone]
    assert matches.average_recall(once) == pytest.approx(recall)
    assert matches.average_precision(once) == pytest.approx(literal_ap(matches, once))
    assert np.ptp(expected[9:]) > 1.0


def test_a_run_equals_itself_and_beats_a_worse_one() -> None:
    people, found = scenes(0, 40)
    good = matches_of(evaluated(people, found, range(40)))
    worse = [(i, p + np.random.default_rng(i).normal(0, 25, p.shape), s) for i, p, s in found]
    bad = matches_of(evaluated(people, worse, range(40)))
    same = compare_ap(good, good, draws=50)
    assert same == (0.0, (0.0, 0.0), 0.5, "the choice of images only")
    better = compare_ap(good, bad, draws=200)
    assert better.above() is True
    assert better != compare_ap(good, bad, draws=201)
    assert better.confidence == 1.0
    assert compare_ap(good, bad, draws=200) == better
    assert compare_ap(bad, good, draws=200).value == -better.value


def test_the_interval_of_a_mean_is_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(1.0, 2.0, 400)
    found = paired_bootstrap(
        lambda t: t @ values / 400, lambda t: np.zeros(len(t)), 400, draws=4000
    )
    radius = 1.96 * values.std() / 20
    assert found.interval == pytest.approx(
        (values.mean() - radius, values.mean() + radius), abs=0.02
    )


def test_draws_are_as_many_as_asked_and_small_differences_count_whole() -> None:
    drawn = []

    def small(times: np.ndarray) -> np.ndarray:
        drawn.append(len(times))
        return np.full(len(times), 0.25)

    found = paired_bootstrap(small, lambda t: np.zeros(len(t)), 5, draws=37)
    assert sorted(drawn) == [1, 5, 16, 16]  # 37 and the images as they are
    assert found == (0.25, (0.25, 0.25), 1.0, "the choice of images only")


def test_without_a_draw_that_has_people_the_value_stands_alone() -> None:
    found = paired_bootstrap(
        lambda t: np.full(len(t), 2.0 if (t == 1).all() and len(t) == 1 else np.nan),
        lambda t: np.full(len(t), 0.5),
        3,
        draws=2,
    )
    assert found[:3] == (1.5, None, None)


def test_runs_on_other_images_are_not_compared() -> None:
    one, two = (matches_of(evaluated(*scenes(s), range(12))) for s in (0, 1))
    with pytest.raises(ResultError, match="not evaluated on the same images"):
        compare_ap(one, two)
    with pytest.raises(ValueError, match="at least one image"):
        paired_bootstrap(lambda t: np.zeros(1), lambda t: np.zeros(1), 0)


def test_matches_are_stored_without_pickle(tmp_path: Path) -> None:
    matches = matches_of(evaluated(*scenes(0), range(12)))
    matches.save(tmp_path / "m.npz")
    assert Matches.load(tmp_path / "m.npz").average_precision() == matches.average_precision()
    assert [p.name for p in tmp_path.iterdir()] == ["m.npz"]


def array() -> bytes:
    packed = io.BytesIO()
    np.save(packed, np.zeros(3))
    return packed.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"no",
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:60] + bytes(40) + whole[100:],
        lambda whole: array(),
    ],
    ids=["no-archive", "empty", "truncated", "overwritten", "an-array"],
)
def test_damaged_matches_are_one_clear_line(tmp_path: Path, damage) -> None:
    path = tmp_path / "m.npz"
    matches_of(evaluated(*scenes(0), range(12))).save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ResultError, match=r"m\.npz: no stored matches: .*; evaluate the run again"):
        Matches.load(path)


def test_matches_that_cannot_be_written_leave_the_old_ones(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "m.npz"
    matches = matches_of(evaluated(*scenes(0), range(12)))
    matches.save(path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentProblem, match="nothing was changed"):
        matches.save(path)
    assert path.read_bytes() == before


def test_runs_are_compared_once_and_only_single_seeds_with_matches(store, make, tmp_path) -> None:
    """The second time the answer comes from the cache; other metrics and several seeds have none."""

    def measured(run: str, *seeds: int) -> Measurement:
        stored = tuple(store.write(make.trained(run, seed, 1.0)) for seed in seeds)
        return Measurement("smoke", (1.0,) * len(stored), "smoke", stored)

    high, low, several = measured("high", 0), measured("low", 0), measured("low", 1, 2)
    paired = PairedRuns(tmp_path / "cache")
    assert paired(high, low, "AP") is None  # no matches are stored
    people, found = scenes(0)
    for one, some in ((high, found), (low, found[::2])):
        matches_of(evaluated(people, some, range(12))).save(one.results[0].matches)
    first = paired(high, low, "AP")
    assert first is not None
    assert first.value > 0.0
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_text("[1.5, [1.0, 2.0], 0.75]")
    assert paired(high, low, "AP") == Estimate(1.5, (1.0, 2.0), 0.75, "the choice of images only")
    for point in ("[1.5, [1.5, 1.5], 0.5]", "[1.5, null, null]"):  # as they are, not made again
        kept.write_text(point)
        value, interval, sure = json.loads(point)
        known = Estimate(value, interval and tuple(interval), sure, "the choice of images only")
        assert paired(high, low, "AP") == known
    assert paired(high, low, "AR") is None
    assert paired(high, several, "AP") is None


def test_single_seeds_on_other_images_are_said_to_be_so_and_stop_nothing(
    store, make, tmp_path
) -> None:
    """It once ended the whole judge with exit status 2."""
    measured = []
    for run, ap in (("high", 2.0), ("low", 1.0)):
        stored = store.write(make.trained(run, 0, ap))
        matches_of(evaluated(*scenes(len(measured)), range(12))).save(stored.matches)
        measured.append(Measurement("smoke", (ap,), "smoke", (stored,)))
    paired = PairedRuns(tmp_path / "cache")
    found = paired(*measured, "AP")
    assert found == (1.0, None, None, "the two were not evaluated on the same images and people")
    assert not (tmp_path / "cache").exists()
