"""The `repropose` command. Answers are printed to standard output, everything else to standard error."""

import pkgutil
from importlib import import_module

import click

from bench import commands
from bench.commands.common import Group

SECTIONS = {
    "Start here": "repro plan status doctor selfcheck",
    "Look at papers and results": "show coverage claims conflicts cells runs models results compare history",
    "Judge, publish, export": "judge table site serve export",
    "Evaluate your own predictions": "evaluate submit verify manifest",
    "Get data": "fetch convert-mpii prepare",
    "Measure models": "config count time measure gallery released test-dev",
    "Extend the project": "new pipeline inputs",
}
DEFINED = {
    one.name: one
    for module in pkgutil.iter_modules(commands.__path__)
    for one in vars(import_module(f"{commands.__name__}.{module.name}")).values()
    if isinstance(one, click.Command)
}


@click.group(
    cls=Group,
    sections=SECTIONS,
    commands={name: DEFINED[name] for names in SECTIONS.values() for name in names.split()},
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done; 1 a check failed (judge --fail-on, verify, history --check, doctor); 2 invalid input.",
)
def main() -> None:
    """Re-creates the tables of pose-estimation papers and judges every cell.

    `repropose COMMAND --help` explains one command. Files are read and written in the
    folder named in REPROPOSE_WORKSPACE; if it is not set, in the checkout, or in the current folder for an installed
    wheel.
    """


if __name__ == "__main__":
    main()
