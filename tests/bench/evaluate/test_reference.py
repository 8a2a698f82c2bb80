"""Our evaluation beside pycocotools and xtcocotools: every array, to the last bit; and what happens if they differ."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from bench.catalog.schema import Layout
from bench.cli import main
from bench.datasets.keypoints import KEYPOINTS
from bench.evaluate import figures, metrics, reference
from bench.evaluate.evaluated import (
    AREAS,
    LOOSE,
    RECALLS,
    THRESHOLDS,
    Evaluated,
    curves,
    evaluate_instances,
)
from bench.evaluate.instances import Instances, Pairs, Rules, rules_of
from bench.evaluate.official import official_evaluation
from bench.evaluate.oks import compute_oks
from bench.evaluate.reference import difference, official_curves, read_official
from tests.bench.evaluate.odd_files import SIGMAS, odd_file

FILES, PARTS = 560, 8


def compared(evaluation: Any, rules: Rules, truth: dict, found: list[dict]) -> Evaluated:
    """Ours, after a comparison of every array with the official evaluator's."""
    of = Instances.of(truth, found, rules)
    evaluated = evaluate_instances(of, rules)
    everything = np.ones(len(of.images), dtype=bool)
    assert difference(evaluated, read_official(evaluation, rules), everything) == ""
    for one, other in zip(curves(evaluated), official_curves(evaluation), strict=True):
        np.testing.assert_array_equal(one, other)
    return evaluated


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_all_arrays_are_pycocotools_own(part: int) -> None:
    from pycocotools.cocoeval import COCOeval

    seen = {"crowd": 0, "unlabelled": 0, "tie": 0, "matched": 0, "many": 0}
    for seed in range(part, FILES, PARTS):
        count, truth, found = odd_file(seed)
        if not found:
            found = odd_file(seed + FILES)[2][:0]
        rules = Rules(SIGMAS[count], use_area=True, silent=True)
        empty = official_evaluation("coco", copy.deepcopy(truth), []) if not found else None
        evaluation = empty or _pycocotools(COCOeval, truth, found, SIGMAS[count])
        of = compared(evaluation, rules, truth, found).of
        seen["crowd"] += int(of.crowd.sum())
        seen["unlabelled"] += int((of.ignore & ~of.crowd).sum())
        seen["tie"] += len(of.scores) - len(np.unique(of.scores))
        seen["many"] += len(found) > len(of.scores)
        seen["matched"] += sum(float(one["dtMatches"].sum() > 0) for one in _records(evaluation))
    assert min(seen.values()) > 0, seen


def _records(evaluation: Any) -> list[dict[str, Any]]:
    return [one for one in evaluation.evalImgs if one is not None]


def _pycocotools(kind: Any, truth: dict, found: list[dict], sigmas: np.ndarray) -> Any:
    """COCOeval with other sigmas, which `official_evaluation` does not offer."""
    import contextlib
    import io

    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = copy.deepcopy(truth)
        coco.createIndex()
        evaluation = kind(coco, coco.loadRes(copy.deepcopy(found)), "keypoints")
        evaluation.params.kpt_oks_sigmas = sigmas
        evaluation.evaluate()
    return evaluation


def test_all_arrays_are_xtcocotools_own() -> None:
    for seed in range(2, 202, 4):  # those with 14 keypoints
        _, truth, found = odd_file(seed)
        evaluation = official_evaluation("crowdpose", copy.deepcopy(truth), found)
        compared(evaluation, rules_of("crowdpose"), truth, found)


@pytest.mark.parametrize("dataset", ["coco", "crowdpose"])
def test_everything_stored_is_the_same_with_the_reference(dataset: Layout, tmp_path: Path) -> None:
    file, differing = tmp_path / "truth.json", set()
    for seed in range(0 if dataset == "coco" else 2, 120, 4):
        _, truth, found = odd_file(seed)
        file.write_text(json.dumps(truth))
        one, other = (
            metrics.evaluate_with_diagnosis(dataset, file, found, reference=reference)
            for reference in (False, True)
        )
        assert one.metrics == other.metrics
        assert one.diagnosis == other.diagnosis
        assert one.notes == other.notes
        for mine, theirs in ((one.people, other.people), (one.matches, other.matches)):
            for key, values in vars(theirs).items() if theirs else ():
                np.testing.assert_array_equal(vars(mine)[key], values)
        differing.add(one.metrics.get("AP"))
    assert len(differing) > 10


# ------------------------------------------------------------ the check of a sample


def big(images: int = 60) -> tuple[dict, list[dict]]:
    """Many odd files with 17 keypoints as one."""
    truth: dict = {"info": {}, "images": [], "annotations": [], "categories": []}
    found: list[dict] = []
    for seed in range(0, 4 * images, 4):
        _, one, mine = odd_file(seed)
        shift = 1000 * seed
        for entry in (*one["annotations"], *mine):
            entry["image_id"] += shift
        for image in one["images"]:
            image["id"] += shift
        truth["images"] += one["images"]
        truth["annotations"] += one["annotations"]
        truth["categories"] = one["categories"]
        found += mine
    for number, one in enumerate(truth["annotations"], 1):
        one["id"] = number
    return truth, found


def test_where_the_sample_differs_the_official_evaluator_does_it_all_and_says_so(
    monkeypatch,
) -> None:
    truth, found = big()
    expected = figures.evaluate_entries("coco", truth, found, reference=True)
    right = figures.evaluate_entries("coco", truth, found)
    assert (right.figures, right.notes) == (expected.figures, ())

    def slightly_off(of: Instances, pairs: Pairs, rules: Rules) -> np.ndarray:
        return np.nextafter(compute_oks(of, pairs, rules), 2.0)

    monkeypatch.setattr("bench.evaluate.evaluated.compute_oks", slightly_off)
    repaired = figures.evaluate_entries("coco", truth, found)
    assert repaired.figures == expected.figures
    np.testing.assert_array_equal(repaired.evaluated.oks, expected.evaluated.oks)
    (note,) = repaired.notes
    assert note.startswith(
        "our evaluation differs from the official one in a sample of the images (OKS"
    )


@pytest.mark.parametrize(
    ("field", "word"),
    [("match", "matches"), ("ignored", "ignored detections"), ("loose", "loose matches")],
)
def test_the_check_sees_one_wrong_entry_in_its_sample(monkeypatch, field: str, word: str) -> None:
    truth, found = big(12)
    evaluated = evaluate_instances(Instances.of(truth, found, rules_of("coco")), rules_of("coco"))
    assert reference.sampled_difference("coco", truth, found, evaluated) == ""
    array = vars(evaluated)[field]
    array[..., 3] = ~array[..., 3] if array.dtype == bool else array[..., 3] + 1
    assert word in reference.sampled_difference("coco", truth, found, evaluated)


def test_the_command_has_the_option(tmp_path: Path) -> None:
    truth, found = big(6)
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (tmp_path / "found.json").write_text(json.dumps(found))
    where = ["--predictions", str(tmp_path / "found.json"), "--truth", str(tmp_path / "truth.json")]
    plain = CliRunner().invoke(main, ["evaluate", *where])
    by_reference = CliRunner().invoke(main, ["evaluate", *where, "--reference"])
    assert plain.exit_code == by_reference.exit_code == 0
    assert plain.stdout == by_reference.stdout


def test_a_loose_match_is_below_every_threshold_and_areas_are_pycocotools_own() -> None:
    from pycocotools.cocoeval import Params

    official = Params("keypoints")
    assert dict(zip(official.areaRngLbl, map(tuple, official.areaRng), strict=True)) == dict(AREAS)
    np.testing.assert_array_equal(official.iouThrs, THRESHOLDS)
    np.testing.assert_array_equal(official.recThrs, RECALLS)
    np.testing.assert_array_equal(official.kpt_oks_sigmas, KEYPOINTS["coco"].sigmas)
    assert THRESHOLDS.min() > LOOSE
