"""The `repropose` command. Answers are printed to standard output, everything else to standard error."""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import click

from bench import commands
from bench.commands.common import Group

SECTIONS = {
    "Start here": "repro doctor",
    "Look at papers and results": "show coverage claims conflicts cells runs models results compare history",
    "Judge, publish, export": "judge table site serve export",
    "Evaluate your own predictions": "evaluate submit verify",
    "Get data": "fetch convert-mpii prepare",
    "Measure models": "config count time measure gallery released test-dev",
    "Extend the project": "new pipeline inputs",
}


class Commands(Mapping[str, click.Command]):
    """The commands by name; the module of one is imported when the command is looked up."""

    def __init__(self) -> None:
        (folder,) = commands.__path__
        self.modules = {
            name: path.stem
            for path in sorted(Path(folder).glob("*.py"))
            for name in re.findall(
                r'^@click\.(?:command|group)\(\s*"([^"]+)"', path.read_text(), re.M
            )
        }

    def __getitem__(self, name: str) -> click.Command:
        module = import_module(f"{commands.__name__}.{self.modules[name]}")
        found = [one for one in vars(module).values() if isinstance(one, click.Command)]
        return next(one for one in found if one.name == name)

    def __iter__(self) -> Iterator[str]:
        return (name for names in SECTIONS.values() for name in names.split())

    def __len__(self) -> int:
        return sum(len(names.split()) for names in SECTIONS.values())


@click.group(
    cls=Group,
    sections=SECTIONS,
    commands=Commands(),
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
