"""The `repropose` command. Answers are printed to standard output, everything else to standard error."""

import click

from bench.commands import (
    catalog,
    compare,
    config,
    datasets,
    doctor,
    evaluate,
    judge,
    measure,
    pipeline,
    show,
    site,
)  # fmt: skip
from bench.commands.common import Group

SECTIONS = {
    "Start here": (pipeline.repro_command, doctor.doctor_command),
    "Look at papers and results": (
        show.show_command,
        show.coverage_command,
        show.claims_command,
        show.conflicts_command,
        show.cells_command,
        show.runs_command,
        show.models_command,
        show.results_command,
        compare.compare_command,
    ),
    "Judge, publish, export": (
        judge.judge_command,
        judge.table_command,
        site.site_command,
        site.serve_command,
        judge.export_command,
    ),
    "Evaluate your own predictions": (
        evaluate.evaluate_command,
        evaluate.submit_command,
        evaluate.verify_command,
    ),
    "Get data": (
        datasets.fetch_command,
        datasets.convert_mpii_command,
        datasets.prepare_command,
    ),
    "Measure models": (
        config.config_command,
        measure.count_command,
        measure.time_command,
        measure.measure_command,
        measure.gallery_command,
        measure.released_command,
        measure.test_dev_command,
    ),
    "Extend the project": (catalog.new_command, pipeline.pipeline_command, pipeline.inputs_command),
}


@click.group(
    cls=Group,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done; 1 a check failed (judge --fail-on, verify, doctor); 2 wrong input, in one line.",
)
def main() -> None:
    """Re-creates the tables of pose-estimation papers and judges every cell.

    `repropose COMMAND --help` explains one command. Files are read and written below REPROPOSE_WORKSPACE,
    the checkout, or the current folder, whichever comes first.
    """


if __name__ == "__main__":
    main()
