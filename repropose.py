"""ReproPose as a library: what the commands print, as pandas tables and objects.

    import repropose

    repropose.cells(), runs(), models(), results()             the papers, and what was measured
    repropose.verdicts(), claims(), conflicts(), coverage()    what follows from it
    repropose.history()                                        how verdicts changed
    repropose.third_party()                                    what others measured for the same cells
    repropose.judge()                                          all of that as one snapshot
    repropose.load_catalog()                                   the papers as validated objects
    repropose.evaluate(file)                                   metrics and error diagnosis of predictions
    repropose.build_model(name)                                a network of the model zoo
    repropose.load_released_weights(model, file)               the authors' weights for it

Results are read from the workspace: the folder in the environment variable REPROPOSE_WORKSPACE, else the checkout,
else the current folder; it is looked up at every call. Nested values (a run's options, a result's metrics) are
Python dictionaries and lists; text and numbers that do not apply are None or NaN.

Every error that a user can fix is a `ReproPoseError` or, from the zoo, a `ZooError`; `repropose.errors` has them all.
Importing this module imports neither PyTorch nor pandas; the first call that needs them does.
"""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import errors
from bench.catalog.load import Catalog, load_catalog
from bench.commands.common import judged, measurements, results_store
from bench.errors import ReproPoseError
from bench.judge import export
from bench.judge.elsewhere import FIELDS
from bench.judge.history import read, select
from bench.judge.records import Conflict, Snapshot
from bench.paths import workspace
from bench.results.index import ResultIndex
from model_zoo import build_model, load_released_weights
from model_zoo.errors import MissingPackage, ZooError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Catalog",
    "MissingPackage",
    "ReproPoseError",
    "Snapshot",
    "ZooError",
    "build_model",
    "cells",
    "claims",
    "conflicts",
    "coverage",
    "errors",
    "evaluate",
    "history",
    "judge",
    "load_catalog",
    "load_released_weights",
    "models",
    "results",
    "runs",
    "third_party",
    "verdicts",
    "workspace",
]


def cells(paper: str | None = None, table: str | None = None) -> "pd.DataFrame":
    """Printed cells of all papers, of one ("transpose"), or of one table of it ("2", "2a").

    Columns: paper, table, row, row_key, column, column_key (labels as printed, and keys), printed (the string),
    number (its value in `unit`, NaN for text and dashes), metric (None for settings), unit ("%", "M", "G",
    "fps", ...), origin ("own", "rerun", "quoted"), source (of a quoted row), group, run, model, method (its canonical
    name over all papers), split, page, protocol {key: value}. Raises `UnknownName`.
    """
    return _frame(export.cells(load_catalog(), paper, table))


def runs() -> "pd.DataFrame":
    """Runs that the papers' rows rest on.

    Columns: run, paper, config (model of the zoo), dataset, options, tiers {tier: {seeds, data, command}}, rows
    ["transpose-2/key"], start (run that it is fine-tuned from), released, note, measured [tiers].
    """
    return _frame(export.runs(load_catalog(), ResultIndex(results_store())))


def models() -> "pd.DataFrame":
    """Models whose parameters and operations are counted and stored (`repropose count` does it).

    Columns: name, input_size [width, height] in pixels, parameters {total, trainable, position_embedding}, macs
    (multiply-accumulates of one image), flops {counting rule: 1e9 operations}, file.
    """
    columns = ("name", "input_size", "parameters", "macs", "flops", "file")
    return _frame(export.models(ResultIndex(results_store())), *columns)


def results() -> "pd.DataFrame":
    """Everything measured, one row per result file.

    Columns: file, kind ("count", "speed", "accuracy", "submission"); of accuracies and submissions run, tier, seed,
    evidence, failed, protocol, metrics and untrained {metric: percent}, constant_poses {pose: metrics}; of speeds
    group, machine, device, precision, batch, timings {model: {median_ms, low_ms, high_ms, samples}} in milliseconds; of
    counts model, input_size [width, height] in pixels, parameters, macs, flops {rule: 1e9 operations}; commit, dirty,
    command, date.
    """
    columns = ("file", "kind", *export.RESULT_FIELDS, "commit", "dirty", "command", "date")
    return _frame(export.results(ResultIndex(results_store())), *columns)


def judge() -> Snapshot:
    """Judge every cell and claim on the results of the workspace; takes seconds, and trains nothing.

    The snapshot holds tuples of `verdicts`, `claims` and `conflicts`, and `made`, the date of the newest result. Give
    it to the functions below to judge once for several tables.
    """
    return judged(measurements())


def verdicts(snapshot: Snapshot | None = None) -> "pd.DataFrame":
    """The verdict on every cell.

    Columns: paper, table, row, row_key, column, column_key, printed; verdict ("reproduced", "better", "deviates",
    "inconclusive", "not-comparable", "stale", "failed", "not-run", "quoted", "setting", "empty"), evidence ("counted",
    "timed", "smoke", "lab", "released-weights", "full-1", "full-3"), comparison (of an accuracy's protocol with the
    printed one: "exact", "unknown", "proxy"), value, difference and interval (low, high) in `unit`, shown (the value
    rounded as printed), seeds, reason, cause (a known misprint of the cell), results (files), unit, origin ("own",
    "rerun", "quoted"), run.
    """
    return _frame(export.verdicts(load_catalog(), snapshot or judge()))


def claims(snapshot: Snapshot | None = None) -> "pd.DataFrame":
    """Claims of the papers, each judged on the printed and on the reproduced values.

    Columns: paper, id, where, registered, place, also, free_place, claim, expression, claimed (as printed), rounding,
    instead, threshold ("paper", "ours"), note; then, with the prefix on_paper_ and on_reproduced_: value and interval
    in the unit of the expression, holds ("holds", "within-rounding", "supports", "inconclusive", "not-on-this-machine",
    "contradicts", "fails", "open"; "supports" and "contradicts" of training on synthetic data), confidence (0 to 1),
    evidence, reason.
    """
    records = export.claims(snapshot or judge())
    sides = ("on_paper", "on_reproduced")
    for record in records:
        for side in sides:
            record |= {f"{side}_{key}": value for key, value in record.pop(side).items()}
    return _frame(records)


def conflicts(snapshot: Snapshot | None = None) -> "pd.DataFrame":
    """Cells that contradict each other, likely misprints, impossible rows.

    Columns: what, cells (names), printed (their strings), reason.
    """
    return _frame(export.conflicts(snapshot or judge()), *Conflict.model_fields)


def third_party() -> "pd.DataFrame":
    """Figures that authors published later, or libraries and users measured, one row per figure and printed cell.

    They decide no verdict. Columns: paper, table, row_key, column_key, printed, metric, unit; value and difference (to
    the printed number, NaN if there is none) in `unit`; measured_by ("authors", "library", "user"); agreement
    ("within-rounding", "within-tolerance", "differs", "not-printed"); comparison ("exact", "proxy", "unknown"),
    differs, unstated (what of the protocol differs, or is not stated); model, protocol, note, id, repository, path,
    commit, issue, link, date, accessed.
    """
    return _frame(export.third_party(load_catalog()), *FIELDS)


def coverage(snapshot: Snapshot | None = None) -> "pd.DataFrame":
    """How much of each table can be and is reproduced, one row per table.

    Columns: paper, table, title; numbers of rows, cells, numbers (cells that hold one), with_run, with_model,
    with_runnable, with_evidence; evidence, verdicts and verdicts_quoted (of quoted rows) {kind: cells};
    missing_configs, rows_without_run {row: why}.
    """
    from bench.judge.coverage import coverage

    return _frame(coverage(measurements(), snapshot or judge()))


def history(name: str | None = None) -> "pd.DataFrame":
    """Recorded changes of verdicts, newest first: all, or those of a paper, table, row, cell or claim.

    name: "transpose", "transpose-2", "transpose-2/transpose-r-a4/ap", "transpose/val-ap". `repropose site` records.
    Columns: number (of the line), date (UTC), commit, dirty, kind ("cell", "claim"), paper, name, why (causes, such as
    "result arrived", "paper file", "judge"), before and after (verdicts, None where it was not there), reason, from and
    to {verdict, on_paper, evidence, printed, here, asks, ...}. Raises `UnknownName`, and `DataError` that names a line
    that was changed after it was written.
    """
    entries = read()
    found = select(entries, name, load_catalog()) if name else entries
    columns = (
        "number",
        "date",
        "commit",
        "dirty",
        "kind",
        "paper",
        "name",
        "why",
        "before",
        "after",
    )
    return _frame(export.history(found), *columns, "reason", "from", "to")


def evaluate(
    predictions: str | PathLike[str],
    dataset: str = "coco-val",
    *,
    tier: str = "full",
    truth: str | PathLike[str] | None = None,
    form: str | None = None,
    score: str | float | None = None,
    image_ids: str | PathLike[str] | None = None,
) -> dict[str, Any]:
    """Evaluate a file of predictions by the official evaluators, on the CPU; nothing is stored.

    predictions: COCO result entries as JSON or .json.gz, keypoints in pixels of the original image; for MPII also .mat;
    or another tool's file or folder, with form, score and image_ids as the command's --format, --score and --image-ids.
    dataset: "coco-val", "mpii-val" or "crowdpose-test". truth: an annotation file; the data set's own at `tier` by
    default. Returns dataset, truth (path), metrics {name: percent}, diagnosis (counts of each kind of error) and notes
    on the file. Raises `DataError` naming wrong entries or a missing annotation file, and `UnknownName`.
    """
    from bench.commands.evaluate import evaluate_predictions
    from bench.evaluate.formats.people import Reading

    reading = Reading(
        form, None if score is None else str(score), Path(image_ids) if image_ids else None
    )
    file = Path(truth) if truth else None
    return evaluate_predictions(Path(predictions), dataset, tier, file, reading)[1]


def _frame(records: list[dict[str, Any]], *columns: str) -> "pd.DataFrame":
    """A table of the records; `columns` are there even if there is no record."""
    import pandas as pd

    return pd.DataFrame(records, columns=list(columns) or None)
