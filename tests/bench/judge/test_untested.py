"""What is not tested: the job of a cell, its cost, and which claims it settles."""

import pytest

from bench.catalog.config_values import config_values
from bench.catalog.load import load_catalog
from bench.judge.claims.on_paper import understand
from bench.judge.cost import LEAST, PER_SECOND, evaluation_hours, training_hours, training_images
from bench.judge.records import ClaimJudgement, ClaimVerdict, Snapshot, Verdict
from bench.judge.untested import SEEDS, Untested
from bench.results.index import ResultIndex
from tests.factories import Memory, counted, trained


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def verdict(cell, word):
    paper, table, row, column = cell.key
    return Verdict(
        paper=paper, table=table, row=row, column=column, verdict=word, printed="", reason=""
    )


def untested(catalog, *models, reproduced=(), claims=(), results=None):
    """Everything is not run but the cells named; `models` are counted with 10 G multiply-accumulates."""
    counts = {f"results/counted/{m}.json": counted(m, 1, flops=10.0) for m in models}
    results = counts | (results or {})
    words = [
        verdict(cell, "reproduced" if cell.name in reproduced else "not-run")
        for cell in catalog.cells()
        if cell.number
    ]
    snapshot = Snapshot(verdicts=tuple(words), claims=tuple(claims), conflicts=())
    return Untested(catalog, snapshot, ResultIndex(Memory(results)))


def cell(catalog, name):
    return next(one for one in catalog.cells() if one.name == name)


def open_claim(catalog, paper, name):
    [claim] = [c for p, c in catalog.claims() if (p, c.id) == (paper, name)]
    judged = ClaimJudgement(holds="open")
    return ClaimVerdict(paper=paper, claim=claim, on_paper=judged, on_reproduced=judged)


def test_images_are_those_of_the_schedule():
    assert training_images(config_values("transpose-r-a4")) == 230 * 149_813
    assert training_images(config_values("querypose-r50")) == 280_000 * 16
    assert training_images(config_values("lofr-r50-mpii")) == 160 * 22_246
    assert training_images(config_values("no-such-model")) is None


def test_hours_are_operations_over_the_assumed_speed(catalog):
    index = untested(catalog, "transpose-r-a4").index
    images = 230 * 149_813
    expected = LEAST + 3 * 10e9 * images / PER_SECOND / 3600
    assert training_hours("transpose-r-a4", index) == pytest.approx(expected)
    assert LEAST < evaluation_hours("transpose-r-a4", index) < 1
    assert training_hours("hrnet-w32", index) is None


def test_every_model_with_a_schedule_has_known_images(catalog):
    configs = {run.config for run in catalog.runs.values()}
    assert [name for name in sorted(configs) if training_images(config_values(name)) is None] == []


def test_released_weights_are_evaluated_and_the_rest_is_trained_with_several_seeds(catalog):
    found = untested(catalog, "transpose-r-a2")
    released = found.job_of(cell(catalog, "transpose-2/transpose-r-a4/ap"))
    assert released.command == "repropose released transpose-r-a4-coco --boxes detector"
    trained = found.job_of(cell(catalog, "transpose-7/transpose-r-a2/ap"))
    assert trained.command == "repropose measure transpose-r-a2-coco --tier full"
    assert trained.hours == pytest.approx(SEEDS * training_hours("transpose-r-a2", found.index))


def test_counts_timings_and_a_servers_numbers_are_jobs_of_their_own(catalog):
    found = untested(catalog)
    count, speed, server = (
        found.job_of(cell(catalog, name))
        for name in (
            "transpose-2/transpose-r-a4/params",
            "transpose-2/transpose-r-a4/fps",
            "transpose-3/transpose-h-a6/ap",
        )
    )
    assert (count.command, count.hours) == ("repropose count --paper transpose", 0.0)
    assert (speed.command, speed.needs) == ("repropose time transpose", "RTX 2080 Ti")
    assert server.command == "repropose test-dev transpose-h-a6-coco --released"
    assert server.hours is None
    assert "server" in server.needs


def test_a_tested_cell_has_no_job(catalog):
    name = "transpose-2/transpose-r-a4/ap"
    assert untested(catalog, reproduced=[name]).job_of(cell(catalog, name)) is None


def test_a_claim_is_settled_by_the_jobs_of_all_its_untested_cells(catalog):
    claim = open_claim(catalog, "transpose", "times-faster-than-hrnet-w48")
    found = untested(catalog, claims=[claim])
    [job] = found.jobs_for(claim)
    assert job.command == "repropose time transpose"
    assert found.waiting[job] == (1, 1)
    [package] = found.packages
    assert (package.jobs, package.claims) == ((job,), (claim,))
    assert package.rate == pytest.approx(1 / LEAST)
    decided = claim.model_copy(update={"on_reproduced": ClaimJudgement(holds="holds")})
    assert untested(catalog, claims=[decided]).packages == []


def test_a_package_of_unknown_hours_comes_last(catalog):
    quick = open_claim(catalog, "transpose", "times-faster-than-hrnet-w48")
    server = open_claim(catalog, "transpose", "test-dev-ap")
    found = untested(catalog, claims=[server, quick])
    assert [one.claims[0] for one in found.packages] == [quick, server]
    assert found.packages[-1].hours is None
    assert found.packages[-1].rate == 0.0


def test_a_claim_on_a_row_that_no_run_stands_for_waits_for_no_job() -> None:
    catalog = load_catalog()
    claim = open_claim(catalog, "transpose", "r-a4-over-res152")
    assert any(
        cell.run is None for cell in understand(catalog, "transpose", claim.claim).cells.values()
    )
    found = untested(catalog, "transpose-r-a4", claims=[claim])
    assert found.jobs_for(claim) == ()
    assert found.packages == []


START, FINETUNED = "transpose-r-a4-coco", "transpose-r-a4-mpii-384x384-finetuned"


def test_what_begins_with_weights_waits_for_their_training_though_others_are_released(catalog):
    claim = open_claim(catalog, "transpose", "r-a4-finetuning-wins")
    found = untested(catalog, "transpose-r-a4", claims=[claim])
    jobs = found.jobs_for(claim)
    commands = [job.command for job in jobs]
    first = commands.index(f"repropose measure {START} --tier full")
    assert first < commands.index(f"repropose measure {FINETUNED} --tier full")
    assert not [command for command in commands if "repropose released" in command]
    assert jobs[first].hours == pytest.approx(SEEDS * training_hours("transpose-r-a4", found.index))
    assert found.training(START).kind == "released"  # as ever for its own cells
    assert jobs[first] in found.waiting


def test_a_claim_on_a_run_and_on_what_begins_with_it_counts_the_training_once(catalog):
    """On the start's cells its released weights would do; the training is needed anyway, and is compared alike."""
    wins = open_claim(catalog, "transpose", "r-a4-finetuning-wins")
    text = "[5/transpose-r-a4-finetuned/pckh] > [2/transpose-r-a4/ap]"
    both = wins.model_copy(update={"claim": wins.claim.model_copy(update={"expression": text})})
    jobs = untested(catalog, "transpose-r-a4", claims=[both]).jobs_for(both)
    assert [(job.kind, job.subject) for job in jobs] == [("train", START), ("train", FINETUNED)]


@pytest.mark.parametrize(
    ("file", "changes", "left"),
    [
        (f"results/full/{START}/seed-0.json", {}, False),
        (f"results/machines/a/full/{START}/seed-0.json", {}, True),  # merged: no weights here
        (f"reports/measured/full/{START}/seed-0.json", {}, True),
        (f"results/full/{START}/seed-0.json", {"failed": "out of memory"}, True),
        (f"results/full/{START}/released.json", {"evidence": "released-weights"}, True),
        (f"results/lab/{START}/seed-0.json", {"tier": "lab", "evidence": "lab"}, True),
    ],
)
def test_a_training_whose_weights_are_here_is_not_planned_again(catalog, file, changes, left):
    claim = open_claim(catalog, "transpose", "r-a4-finetuning-wins")
    result = trained(START, 0, 75.0, "full").model_copy(update=changes)
    found = untested(catalog, "transpose-r-a4", claims=[claim], results={file: result})
    runs = [job.subject for job in found.jobs_for(claim)]
    assert (START in runs) is left
    assert FINETUNED in runs
