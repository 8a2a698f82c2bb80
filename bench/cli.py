"""The `repropose` command. Answers are printed to standard output, everything else to standard error."""

from collections import UserDict
from collections.abc import Iterator
from importlib import import_module

import click

from bench import commands
from bench.commands.common import Group

SECTIONS = {
    "Start here": "repro plan status merge doctor selfcheck",
    "Look at papers and results": "show coverage claims conflicts cells runs models results compare history",
    "Judge, publish, export": "judge table site serve export",
    "Evaluate your own predictions": "evaluate submit verify manifest",
    "Get data": "fetch convert-mpii prepare",
    "Measure models": "config count time measure gallery released test-dev",
    "Extend the project": "new pipeline inputs",
}
MODULES = {  # of bench/commands, with the commands that each defines
    "catalog": "new",
    "compare": "compare",
    "config": "config",
    "datasets": "fetch convert-mpii prepare",
    "doctor": "doctor selfcheck",
    "evaluate": "evaluate submit verify manifest",
    "history": "history",
    "judge": "judge table export",
    "merge": "merge",
    "measure": "count time measure gallery released test-dev",
    "pipeline": "pipeline inputs repro plan status",
    "show": "show coverage claims conflicts cells runs models results",
    "site": "site serve",
}


class Commands(UserDict[str, click.Command]):
    """Commands by name; the module of a command is imported when it is asked for, so that the others cost no time."""

    def __init__(self) -> None:
        self.data = {}
        self.modules = {name: one for one, names in MODULES.items() for name in names.split()}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self.data:
            module = import_module(f"{commands.__name__}.{self.modules[name]}")
            found = [one for one in vars(module).values() if isinstance(one, click.Command)]
            self.data |= {one.name: one for one in found if one.name in self.modules}
        return self.data[name]

    def __contains__(self, name: object) -> bool:
        return name in self.modules

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)


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
