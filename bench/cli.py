"""The `repropose` command. Answers go to standard output, everything else to standard error."""

import click

from bench.commands import compare, datasets, evaluate, measure, pipeline, show, site
from bench.commands.common import Group

COMMANDS = (
    show.cells,
    show.models,
    show.runs,
    show.results,
    show.claims,
    show.conflicts,
    show.coverage,
    show.show,
    show.judge_command,
    show.export_command,
    measure.doctor,
    datasets.fetch_command,
    datasets.convert_mpii,
    measure.prepare_command,
    measure.count,
    measure.time_command,
    measure.measure_command,
    measure.gallery,
    measure.table,
    evaluate.evaluate_command,
    evaluate.submit_command,
    evaluate.verify_command,
    evaluate.released,
    evaluate.test_dev,
    pipeline.new,
    pipeline.pipeline_command,
    pipeline.inputs_command,
    pipeline.repro,
    compare.compare,
    site.site,
    site.serve,
)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Re-creates the tables of pose-estimation papers and says, cell by cell, what holds."""


for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()
