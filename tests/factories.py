"""One factory of fake results for all tests: one result at a time, or a made-up ledger of any size (or hostile)."""

import itertools
from datetime import date
from pathlib import Path
from typing import Any, get_args

from bench.catalog.load import Catalog
from bench.catalog.schema import Claim, Column, Misprint, Paper, Row, Run, Seeds, Table
from bench.judge.records import (
    ClaimJudgement,
    ClaimVerdict,
    Conflict,
    Snapshot,
    Verdict,
    VerdictName,
)
from bench.results.records import (
    AccuracyResult,
    CountResult,
    DiagnosedGroup,
    Diagnosis,
    Evidence,
    FalsePositives,
    KeypointErrors,
    ModelCard,
    Provenance,
    Result,
    SpeedResult,
    SubmissionResult,
    Timing,
)
from bench.results.store import Store, Stored

HOSTILE = (
    "<script>alert('x')</script>\"'><img src=x onerror=alert(1)> {{ 7*7 }} ${x} &amp; "
    "\u202eevil\u2066 \x00\x0b\ufffe ]]> --> </style> " + "W" * 300
)
SYNTHETIC = {"data": "synthetic-easy", "split": "coco-val2017", "boxes": "ground-truth"}
PRINTED = {
    "split": "coco-val2017",
    "boxes": "detector-56.4",
    "input_size": "256x192",
    "flip_test": "yes",
}
COLUMNS = (
    Column(key="size", label="Input size"),
    Column(key="params", label="#Params", metric="params"),
    Column(key="flops", label="FLOPs", metric="flops", rule="macs"),
    Column(key="fps", label="FPS", metric="fps"),
    Column(key="ap", label="AP", metric="AP"),
    Column(key="ar", label="AR", metric="AR"),
)
KINDS = tuple(get_args(VerdictName))
EVIDENCE = tuple(get_args(Evidence))
WORDS = (
    *(("holds", "full-3"), ("fails", "counted"), ("supports", "lab"), ("contradicts", "smoke")),
    *(("inconclusive", "lab"), ("not-on-this-machine", "timed"), ("within-rounding", "counted")),
    ("open", None),
)


class Memory(Store):
    """A store whose results are in memory, by file; what lies beside them is in `folder`."""

    def __init__(self, results: dict[str, Result], folder: Path = Path()) -> None:
        super().__init__()
        object.__setattr__(self, "results", results)
        object.__setattr__(self, "folder", folder)

    results: dict[str, Result]
    folder: Path

    def _of(self, kind: type[Any]) -> list[Stored[Any]]:
        return [
            Stored(result, self.folder / file, file)
            for file, result in sorted(self.results.items())  # as a store on disk
            if isinstance(result, kind)
        ]

    def counts(self) -> list[Stored[CountResult]]:
        return self._of(CountResult)

    def speeds(self) -> list[Stored[SpeedResult]]:
        return self._of(SpeedResult)

    def accuracies(self, tier: str | None = None) -> list[Stored[AccuracyResult]]:
        return [one for one in self._of(AccuracyResult) if tier in (None, one.result.tier)]


def provenance(**changes: Any) -> Provenance:
    plain = {
        "commit": "0" * 40,
        "dirty": False,
        "command": "repropose",
        "environment": {},
        "hardware": {},
    }
    return Provenance(**{**plain, **changes})


def counted(
    model: str,
    total: int,
    embedding: int = 0,
    flops: float = 1.0,
    rule: str = "conv-linear",
    **changes: Any,
) -> CountResult:
    """Counts of a model with `flops` gigaflops by one rule."""
    parameters = {"total": total, "trainable": total - embedding, "position_embedding": embedding}
    fields = {
        "input_size": (192, 256),
        "macs": int(flops * 1e9),
        "flops": {rule: flops},
        "provenance": provenance(),
    }
    return CountResult(model=model, parameters=parameters, **{**fields, **changes})


def trained(run: str, seed: int, ap: float, tier: str = "smoke", **changes: Any) -> AccuracyResult:
    """A run's result: of the full tier by the protocol that the tiny paper prints, else on synthetic people."""
    fields = {
        "evidence": "full-1" if tier == "full" else tier,
        "protocol": PRINTED if tier == "full" else SYNTHETIC,
        "metrics": {"AP": ap, "AR": ap + 2.0},
        "provenance": provenance(),
    }
    return AccuracyResult(run=run, seed=seed, tier=tier, **{**fields, **changes})


def speed(latency: dict[str, tuple[float, float, float]], **changes: Any) -> SpeedResult:
    """Latencies by model: median, low and high in milliseconds."""
    fields = {
        "group": "tiny",
        "machine": "2 cores",
        "device": "cpu",
        "precision": "fp32",
        "batch": 1,
        "protocol": "model only",
        "timings": {
            name: Timing(median_ms=median, low_ms=low, high_ms=high, samples=50)
            for name, (median, low, high) in latency.items()
        },
        "provenance": provenance(),
    }
    return SpeedResult(**{**fields, **changes})


def timed(machine: str = "2 cores", device: str = "cpu", **latency: float) -> SpeedResult:
    """`speed` by keyword: `some_model=12.5` is 12.5 ms of the model some-model, two per cent either way."""
    spread = {name.replace("_", "-"): (ms, 0.98 * ms, 1.02 * ms) for name, ms in latency.items()}
    return speed(spread, machine=machine, device=device)


def submission(name: str, ap: float, title: str) -> SubmissionResult:
    """External predictions on the real COCO val2017; their card holds HTML."""
    nobody = DiagnosedGroup(people=0, not_found=0, errors=KeypointErrors())
    card = ModelCard(
        name=name,
        title=title,
        authors="<b>A. Stranger</b>",
        boxes="detector-56.4",
        input_size="256x192",
        flip_test=True,
        training_data="COCO train2017 <i>and more</i>",
        link="https://example.org/my-net",
        note="a trial with <img src=x onerror=alert(1)>",
    )
    return SubmissionResult(
        card=card,
        dataset="coco",
        tier="full",
        protocol={"data": "coco-real", "split": "coco-val2017", "boxes": "detector-56.4"},
        metrics={"AP": ap, "AP_of_their_own": 1.0},
        diagnosis=Diagnosis(thresholds="", everyone=nobody, detections=0, by_keypoint={}),
        provenance=provenance(),
    )


def make(
    papers: int = 2, tables: int = 2, rows: int = 10, claims: int = 5, text: str | None = None
) -> tuple[Snapshot, Catalog, Memory]:
    """A ledger of papers x tables x rows; `text` replaces every free text of it."""
    ledger = [_paper(number, tables, rows, claims, text) for number in range(papers)]
    catalog = Catalog(papers={p.id: p for p in ledger}, folders={p.id: Path(p.id) for p in ledger})
    results = _results(catalog, text)
    snapshot = Snapshot(
        made=date(2026, 1, 31),
        verdicts=tuple(_verdicts(catalog, text)),
        claims=tuple(_claim_verdicts(catalog, text)),
        conflicts=tuple(_conflicts(catalog, text)),
    )
    return snapshot, catalog, Memory(results)


def _paper(number: int, tables: int, rows: int, claims: int, text: str | None) -> Paper:
    name = f"paper{number}"
    runs = {
        f"{name}-run{i}": Run(
            config=(text and f"{i}{text}") or f"{name}-model{i}",
            dataset="coco",
            options={text or "model.depth": text or 4},
            seeds=Seeds(smoke=(0,)),
            note=text,
        )
        for i in range(rows)
    }
    return Paper(
        id=name,
        order=number,
        method=text or f"Method{number}",
        title=text or f"Method {number}: Locating Keypoints in Made-up Images",
        authors=text or "A. Author, B. Author",
        venue=text or "ICCV",
        year=2021,
        arxiv=text or "2012.14214",
        code=f"javascript:alert('{text}')" if text else "https://example.org/code",
        tables=tuple(_table(name, str(i + 1), rows, text) for i in range(tables)),
        runs=runs,
        claims=tuple(_claim(i, text) for i in range(claims)),
        misprints=(Misprint(cell="1/row1/ap", likely=text or "70.1", reason=text or "row sums"),),
        notes=text
        or "# Readings\n\nThe paper is *silent* on `x`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    )


def _table(paper: str, number: str, rows: int, text: str | None) -> Table:
    return Table(
        table=number,
        title=text or "Accuracy and cost on COCO val2017",
        page=6,
        split=text or "coco-val2017",
        protocol={text or "boxes": text or "detector-56.4", "input_size": "256x192"},
        columns=COLUMNS,
        rows=tuple(_row(paper, i, text) for i in range(rows)),
        note=text or "The printed FLOPs count transposed convolutions four times.",
    )


def _row(paper: str, i: int, text: str | None) -> Row:
    printed = f"{5 + i}.0M | {7 + i}.9G | {120 - i} | {'-' if i % 5 == 4 else f'{70 + i / 10:.1f}'}"
    own = i % 3 != 2
    return Row(
        key=f"row{i}",
        label=text or f"Method-R-A{i} [{i}]",
        group=text or ("Bottom-up" if i < 3 else "Top-down"),
        origin="own" if own else "quoted",
        source=None if own else text or "the original paper",
        run=f"{paper}-run{i}" if own else None,
        why_no_run=None if own else text or "other authors' method, outside the zoo",
        cells=tuple(c.strip() for c in f"256x192 | {printed} | {text or 76.1}".split(" | ", 5)),
    )


def _claim(i: int, text: str | None) -> Claim:
    return Claim(
        id=f"claim{i}",
        where=text or "Sec. 4.3, p. 7",
        claim=text or "Without position embedding the model loses 1.3 AP",
        expression=text or "[1/row1/ap] - [1/row0/ap]",
        claimed=f"1.3 {text or ''}" if i % 2 else None,
        note=text,
    )


def _provenance(text: str | None) -> Provenance:
    return provenance(
        commit=text or "0123456789abcdef0123",
        dirty=bool(text),
        command=text or "repropose measure --run paper0-run0",
        environment={"python": "3.11"},
        hardware={text or "gpu": text or "NVIDIA H200", "cpu": "16 cores"},
        volatile={"date": "2026-01-30", text or "host": text or "a"},
    )


def _results(catalog: Catalog, text: str | None) -> dict[str, Result]:
    found: dict[str, Result] = {}
    made = _provenance(text)
    for number, (name, run) in enumerate(sorted(catalog.runs.items())):
        found[f"results/counted/{name}.json"] = counted(
            run.config,
            5_000_000 + 1000 * number,
            1000 * number,
            5.4 + number / 10,
            rule=text or "macs",
            by_module={text or "backbone": {"params": 3.2e6, "macs": 4e9}, "head": {"params": 1e6}},
            provenance=made,
        )
        for seed in range(3):
            found[f"results/lab/{name}/seed-{seed}.json"] = trained(
                name,
                seed,
                0.0,
                "lab",
                protocol={"data": text or "synthetic-v1", "boxes": "ground truth"},
                metrics={"AP": 60 + 0.5 * number + seed / 5, "AR": 64 + 0.5 * number + seed / 3},
                untrained={"AP": 0.1},
                constant_poses={text or "mean pose": {"AP": 12.5}},
                training={"loss": [[i, 0.1 / (i + 1 + seed)] for i in range(30)]},
                diagnosis=None if seed else _diagnosis(number, text),
                failed=text,
                provenance=made,
            )
    found["results/timed/all.json"] = speed(
        {
            run.config: (8 + i / 7, 7.9 + i / 7, 8.4 + i / 7)
            for i, run in enumerate(catalog.runs.values())
        },
        group="all",
        machine=text or "NVIDIA H200",
        device="cuda",
        protocol=text or "model only, 50 warm-up, 200 samples",
        provenance=made,
    )
    return found


def _diagnosis(number: int, text: str | None) -> Diagnosis:
    errors = KeypointErrors(good=60 + number, jitter=20, inversion=5, swap=2, miss=13)
    group = DiagnosedGroup(people=10, not_found=1, errors=errors)
    empty = DiagnosedGroup(people=2, not_found=2, errors=KeypointErrors())
    return Diagnosis(
        thresholds=text or "near from 0.5, close from 0.85",
        everyone=group,
        detections=30,
        false_positives=FalsePositives(background=4, background_confident=1, duplicate=2),
        by_keypoint=dict.fromkeys(("left_ankle", text or "head", "nose"), errors),
        by_visible={text or "11-15": group, "6-10": group, "1-5": empty},
        by_crowding={"0": group},
        undefined={text or "size": text or "no area is stored"},
    )


def _verdicts(catalog: Catalog, text: str | None) -> list[Verdict]:
    kinds = itertools.cycle(KINDS)
    evidence = itertools.cycle(EVIDENCE)
    found = []
    for cell in catalog.cells():
        kind = next(kinds) if cell.number else "empty" if cell.column.metric else "setting"
        value = (
            cell.number.value - 0.2 if cell.number and kind not in ("not-run", "quoted") else None
        )
        decimals = cell.number.decimals if cell.number else 1
        found.append(
            Verdict(
                paper=cell.paper,
                table=cell.table.table,
                row=cell.row.key,
                column=cell.column.key,
                verdict=kind,
                evidence=next(evidence) if value is not None else None,
                printed=cell.printed,
                value=value,
                shown=None if value is None else f"{value:.{decimals}f}",
                difference=None if value is None else -0.2,
                interval=None if value is None else (value - 0.3, value + 0.3),
                seeds=(0, 1) if value is not None else (),
                reason=text or f"made up as {kind}",
                results=(f"results/counted/{cell.run}.json",)
                if value is not None and cell.run
                else (),
            )
        )
    return found


def _claim_verdicts(catalog: Catalog, text: str | None) -> list[ClaimVerdict]:
    on_paper = ClaimJudgement(value=1.3, interval=(1.2, 1.4), holds="holds", evidence="paper")
    return [
        ClaimVerdict(
            paper=paper,
            claim=claim,
            on_paper=on_paper,
            on_reproduced=ClaimJudgement(
                value=1.1, holds=word, confidence=0.93, evidence=rests_on, reason=text or "2 seeds"
            ),
        )
        for (paper, claim), (word, rests_on) in zip(
            catalog.claims(), itertools.cycle(WORDS), strict=False
        )
    ]


def _conflicts(catalog: Catalog, text: str | None) -> list[Conflict]:
    return [
        Conflict(
            what=text or "AP of Method-R-A1",
            cells=(f"{paper}-1/row1/ap", f"{paper}-2/row1/ap"),
            printed=(text or "70.1", "70.3"),
            reason=text or "two tables, one quantity",
        )
        for paper in catalog.papers
    ]
