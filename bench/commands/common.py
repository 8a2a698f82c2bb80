"""What the commands share: options, printing, errors, the workspace's ledger and results."""

import errno
import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.schema import TIERS, Tier
from bench.catalog.yaml_lines import read_yaml
from bench.errors import ReproPoseError, UnknownName
from bench.judge.bootstrap import PairedRuns
from bench.judge.cells import judge_all
from bench.judge.evidence import Measurements
from bench.judge.records import Snapshot
from bench.paths import params_file, workspace
from bench.results.index import ResultIndex
from bench.results.store import Store
from model_zoo.errors import MissingPackage, ZooError

TIER = click.option(
    "--tier",
    default=None,
    metavar="|".join(TIERS),
    help="how large; params.yaml decides if left out",
)
JSON = click.option("--json", "as_json", is_flag=True, help="a JSON list on standard output")


class Group(click.Group):
    """Turns every known error into one line and exit status 2."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (ReproPoseError, ZooError, MissingPackage) as error:
            raise SystemExit(_fail(str(error))) from None
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else ""
            command = f"repropose{path.removeprefix(context.command_path)}"
            told = error.format_message().rstrip(".")
            raise SystemExit(_fail(f"{told}; see `{command} --help`")) from None
        except OSError as error:
            if error.errno in (None, errno.EPIPE):  # a reader that had enough is no error
                raise
            raise SystemExit(_fail(f"{error.strerror}: {error.filename or 'output'}")) from None


def _fail(message: str) -> int:
    click.echo(f"repropose: {message}", err=True)
    return 2


def results_store() -> Store:
    """The results of the workspace, and the committed ones."""
    return Store(root=workspace() / "results")


def judged(measurements: Measurements) -> Snapshot:
    """Everything judged, with the paired bootstrap where runs have a single seed."""
    snapshot = judge_all(measurements, PairedRuns(workspace() / "build" / "paired"))
    return snapshot.model_copy(update={"made": measurements.index.newest_date})


def current_tier(name: str | None) -> Tier:
    """The given tier, or the one in params.yaml; `UnknownName` lists the three."""
    if name is None:
        name = str(read_yaml(params_file()).get("tier", "smoke"))
    if name not in TIERS:
        raise UnknownName("tier", name, TIERS)
    return name


def print_rows(rows: Sequence[dict[str, Any]], as_json: bool, *columns: str) -> None:
    """JSON, or a plain table of the chosen columns."""
    if as_json:
        json.dump(rows, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(escape(_plain(row[c])) for c in columns))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _plain(value: Any) -> str:
    """A value in words: numbers at four digits, what is known by name as `name value, ...`."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return str(value)


def known_paper(catalog: Catalog, paper: str | None) -> None:
    if paper is not None and paper not in catalog.papers:
        raise UnknownName("paper", paper, catalog.papers)


def measurements() -> Measurements:
    """What was measured for the cells of all papers."""
    return Measurements(load_catalog(), ResultIndex(results_store()))
