"""What one GPU could do in a day."""

import pytest

from bench.catalog.load import load_catalog
from reports.pages.volunteers import plan
from tests.bench.judge.test_untested import open_claim, untested
from tests.factories import trained

MODELS = (
    "transpose-r-a4",
    "transpose-r-a4-mpii-384x384",
    "transpose-r-a3",
    "transpose-h-a6",
    "lightpose-r50",
)


def test_a_plan_fits_its_budget_and_counts_what_it_settles() -> None:
    catalog = load_catalog()
    claims = [open_claim(catalog, paper, claim.id) for paper, claim in catalog.claims()]
    found = untested(catalog, *MODELS, claims=claims)
    plans = [plan(found, "some", limit) for limit in (0.001, 24.0, 1e6)]
    assert plans[0].hours == 0  # counting costs no GPU-hour
    assert 0 < plans[1].claims < plans[2].claims
    for one in plans:
        jobs = [step.job for step in one.steps]
        assert len(set(jobs)) == len(jobs)
        assert one.hours == pytest.approx(sum(job.hours for job in jobs))
        assert one.hours <= one.limit
        assert one.claims == len(found.settles(jobs))
        assert one.values == sum(len(found.jobs[job]) for job in jobs if job in found.jobs)
        assert not [job for job in jobs if job.kind == "time"]
        for job in jobs:  # what begins with the weights of another training comes after it
            start = catalog.run(job.subject).start if job.kind == "train" else None
            assert start is None or found.own_training(start) in jobs[: jobs.index(job)]
        assert {*jobs} <= found.waiting.keys()
    assert [job for job in jobs if job.kind == "train" and catalog.run(job.subject).released]


def test_a_plan_leaves_out_a_training_that_was_done_here() -> None:
    catalog = load_catalog()
    run = "transpose-r-a4-coco"
    done = [cell.name for cell in catalog.cells() if cell.run == run]
    results = {f"results/full/{run}/seed-0.json": trained(run, 0, 75.0, "full")}
    found = untested(catalog, *MODELS, reproduced=done, results=results)
    subjects = [step.job.subject for step in plan(found, "all", 1e6).steps]
    assert "transpose-r-a4-mpii-384x384-finetuned" in subjects
    assert run not in subjects
