"""Orders that small trainings cannot show: of one configuration, of networks below a pose that ignores the image."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import load_catalog
from bench.catalog.same_config import SameConfig, load_same_config
from bench.catalog.schema import Claim
from bench.errors import CatalogError
from bench.judge.claims.on_paper import judge_claim
from bench.judge.evidence import Measurements
from bench.judge.records import ClaimJudgement
from bench.results.index import ResultIndex

A, B, C = "tiny-a-coco", "tiny-b-coco", "tiny-c-coco"
ABOVE = "[1/tiny-b/ap] > [1/tiny-a/ap]"
MORE = "[1/tiny-b/ap] - [1/tiny-a/ap]"


def claim(expression: str, claimed: str | None = None) -> Claim:
    plain = {"id": "one", "where": "p. 1", "claim": "something", "expression": expression}
    return Claim.model_validate({**plain, "claimed": claimed})


@pytest.fixture
def judge(tiny, store) -> Any:
    """judge(expression, claimed, same): on the results in the store; same: groups of runs that are one training."""

    def of(expression: str, claimed: str | None = None, same: Any = ()) -> ClaimJudgement:
        catalog = replace(tiny, same_config=tuple(same))
        measurements = Measurements(catalog, ResultIndex(store))
        return judge_claim(
            "tinypaper", claim(expression, claimed), measurements, None
        ).on_reproduced

    return of


def seeds(make, run: str, ap: float, tier: str = "smoke", constant: float | None = None) -> list:
    poses = {} if constant is None else {"mean pose": {"AP": constant}, "box centre": {"AP": 0.0}}
    return [
        make.trained(run, n, ap + step, tier, constant_poses=poses)
        for n, step in enumerate((-0.1, 0.0, 0.1))
    ]


def one(*runs: str, tiers: tuple[str, ...] = ("smoke",)) -> SameConfig:
    return SameConfig.model_validate({"tiers": tiers, "runs": runs, "reason": "one crop size"})


# ---------------------------------------------------------------- one configuration


@pytest.mark.parametrize(
    ("expression", "claimed"),
    [
        (ABOVE, None),
        ("[1/tiny-b/ap] < [1/tiny-a/ap]", None),
        (MORE, "0.2"),
        ("times([1/tiny-b/ap], [1/tiny-a/ap])", "1.1"),
        ("max([1/tiny-b/ap], [2/plain/ap]) > [1/tiny-a/ap]", None),
        ("argmax([1/tiny-*/ap]) == 2", None),
        ("best([1/tiny-b/ap], [1/tiny-*/ap])", None),
    ],
)
def test_a_claim_between_runs_of_one_configuration_is_open(
    judge, fill, make, expression, claimed
) -> None:
    fill(*seeds(make, A, 30.0), *seeds(make, B, 45.0), *seeds(make, C, 20.0))
    assert judge(expression, claimed).holds in ("supports", "contradicts")
    judged = judge(expression, claimed, [one(B, A)])
    assert judged.holds == "open"
    assert judged.reason == f"one configuration at this tier: {B} and {A}; one crop size"
    assert judged.confidence is None


@pytest.mark.parametrize(
    "same",
    [
        [one(A, C)],  # another pair
        [one(A, B, tiers=("lab",))],  # at another tier
        [one(A, C), one(B, C)],  # each with a third run that the claim does not name
    ],
)
def test_other_claims_are_judged_as_before(judge, fill, make, same) -> None:
    fill(*seeds(make, A, 30.0), *seeds(make, B, 45.0))
    assert judge(ABOVE, None, same).holds == "supports"


def test_runs_on_one_side_of_a_comparison_may_be_one_training(judge, fill, make) -> None:
    """Both are compared with a third, not with each other."""
    fill(*seeds(make, A, 30.0), *seeds(make, B, 30.0), *seeds(make, C, 20.0))
    smallest = "min([1/tiny-a/ap], [1/tiny-b/ap]) > [2/plain/ap]"
    assert judge(smallest, None, [one(A, B)]).holds == "supports"


def test_at_full_size_nothing_is_one_configuration(judge, fill, make) -> None:
    for run, ap in ((A, 70.0), (B, 76.0)):
        fill(*(make.trained(run, n, ap + n / 10, "full") for n in range(3)))
    assert judge(ABOVE, None, [one(A, B, tiers=("smoke", "lab"))]).holds == "holds"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {tiers: [smoke], runs: [a], reason: r}", "runs"),
        ("- {tiers: [full], runs: [a, b], reason: r}", "tiers"),
        ("- {tiers: [], runs: [a, b], reason: r}", "tiers"),
        ("- {tiers: [smoke], runs: [a, b]}", "reason"),
        ("- {tiers: [smoke], runs: [a, b], reason: ''}", "reason"),
        ("tiers: [smoke]", "list"),
        ("- {tiers: [smoke], runs: [a, b], reason: r, why: s}", "why"),
    ],
)
def test_a_wrong_entry_is_one_line_with_its_file(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "same_config.yaml"
    file.write_text(text)
    with pytest.raises(CatalogError, match=r"same_config.yaml:\d+:") as caught:
        load_same_config([file])
    assert says in str(caught.value)


def test_an_unknown_run_is_named_with_its_line(tmp_path: Path) -> None:
    text = "- {tiers: [smoke], runs: [lofr-r50-coco, lofr-r51-coco], reason: r}\n"
    (tmp_path / "same_config.yaml").write_text(text)
    with pytest.raises(CatalogError, match=r"same_config.yaml:1: unknown run 'lofr-r51-coco'"):
        load_catalog(tmp_path)


# ---------------------------------------------------------------- poses that ignore the image


@pytest.mark.parametrize(
    ("a", "b", "constant", "holds"),
    [
        (10.0, 20.0, 5.0, "supports"),  # both above
        (10.0, 20.0, 15.0, "supports"),  # one above: what it learnt is more than a pose
        (20.0, 10.0, 15.0, "contradicts"),
        (10.0, 20.0, 25.0, "inconclusive"),  # both below
        (20.0, 10.0, 25.0, "inconclusive"),
        (10.0, 20.0, 20.0, "supports"),  # not below
        (10.0, 20.0, None, "supports"),  # an earlier result, without the pose
    ],
)
@pytest.mark.parametrize("tier", ["smoke", "lab"])
def test_no_order_below_a_constant_pose_is_judged(
    judge, fill, make, a, b, constant, holds, tier
) -> None:
    fill(*seeds(make, A, a, tier, constant), *seeds(make, B, b, tier, constant))
    for judged in (judge(ABOVE), judge(MORE, "0.2")):
        assert judged.holds == holds
        not_judged = "not judged, since a pose that ignores the image is better"
        assert (not_judged in judged.reason) == (holds == "inconclusive")
    if holds == "inconclusive":
        assert f"{B} {b:.1f} below {constant:.1f}, {A} {a:.1f} below" in judge(ABOVE).reason


@pytest.mark.parametrize(
    ("c", "a", "b", "holds"),
    [
        (10.0, 20.0, 40.0, "inconclusive"),  # c < a is not judged, a < b holds
        (10.0, 40.0, 35.0, "contradicts"),  # b < a is judged, and decides
        (30.0, 35.0, 40.0, "supports"),
    ],
)
def test_of_several_orders_each_is_judged_by_its_own_networks(
    judge, fill, make, c, a, b, holds
) -> None:
    for run, ap in ((A, a), (B, b), (C, c)):
        fill(*seeds(make, run, ap, "smoke", 25.0))
    judged = judge("[2/plain/ap] < [1/tiny-a/ap] < [1/tiny-b/ap]")
    assert judged.holds == holds
    if holds == "inconclusive":
        assert judged.reason.endswith(f"better: {A} {a:.1f} below 25.0, {C} {c:.1f} below 25.0")


def test_each_metric_is_compared_with_the_poses_own(judge, fill, make) -> None:
    """AR of the pose is not recorded: only AP is compared with it."""
    fill(*seeds(make, A, 10.0, constant=25.0), *seeds(make, B, 20.0, constant=25.0))
    assert judge("[1/tiny-b/ar] > [1/tiny-a/ar]").holds == "supports"
