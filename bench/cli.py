"""The `repropose` command. Answers go to standard output, everything else to standard error."""

import click

from bench.commands import answers, comparing, data, evaluating, measuring, pages, stages
from bench.commands.common import Group

COMMANDS = (
    answers.cells,
    answers.models,
    answers.runs,
    answers.results,
    answers.claims,
    answers.conflicts,
    answers.coverage,
    answers.show,
    answers.judge_command,
    answers.export_command,
    measuring.doctor,
    data.fetch,
    data.convert_mpii,
    measuring.prepare,
    measuring.count,
    measuring.time_command,
    measuring.measure,
    measuring.gallery,
    measuring.table,
    evaluating.evaluate,
    evaluating.submit,
    evaluating.verify,
    evaluating.released,
    evaluating.test_dev,
    stages.new,
    stages.pipeline_command,
    stages.repro,
    comparing.compare,
    pages.site,
    pages.serve,
)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Re-creates the tables of pose-estimation papers and says, cell by cell, what holds."""


for command in COMMANDS:
    main.add_command(command)

if __name__ == "__main__":
    main()
