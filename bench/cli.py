"""The `repropose` command. Answers go to standard output, everything else to standard error."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from bench import catalog as ledger
from bench.errors import ReproPoseError, UnknownName
from bench.schema import TIERS

TIER = click.option(
    "--tier",
    default=None,
    metavar="|".join(TIERS),
    help="how large; params.yaml decides if left out",
)
JSON = click.option("--json", "as_json", is_flag=True, help="a JSON list on standard output")


class _Group(click.Group):
    """Turns every known error into one line and exit status 2."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except ReproPoseError as error:
            raise SystemExit(_fail(str(error))) from None
        except OSError as error:
            if error.errno is None:
                raise
            raise SystemExit(_fail(f"{error.strerror}: {error.filename or 'output'}")) from None


def _fail(message: str) -> int:
    click.echo(f"repropose: {message}", err=True)
    return 2


def current_tier(name: str | None) -> str:
    """The given tier, or the one in params.yaml; `UnknownName` lists the three."""
    if name is None:
        from bench.pipeline import ROOT

        name = str(ledger.read_yaml(ROOT / "params.yaml").get("tier", "smoke"))
    if name not in TIERS:
        raise UnknownName("tier", name, TIERS)
    return name


def _print(rows: Sequence[dict[str, Any]], as_json: bool, *columns: str) -> None:
    """JSON, or a plain table of the chosen columns."""
    if as_json:
        json.dump(rows, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*("" if row[c] is None else str(row[c]) for c in columns))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Re-creates the tables of pose-estimation papers and says, cell by cell, what holds."""
