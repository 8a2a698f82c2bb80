"""What the commands share: options, printing, errors, the workspace's catalog and results."""

import errno
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.catalog.schema import TIERS, Tier
from bench.catalog.yaml_lines import read_mapping
from bench.errors import ReproPoseError, UnknownName
from bench.files import printable
from bench.paths import params_file, workspace
from model_zoo.errors import MissingPackage, ZooError

# Papers and the judge are imported by the functions that need them: `evaluate` starts without.
if TYPE_CHECKING:
    from bench.catalog.load import Catalog
    from bench.judge.evidence import Measurements
    from bench.judge.records import Snapshot
    from bench.results.store import Store

TIER = click.option(
    "--tier",
    default=None,
    metavar="|".join(TIERS),
    help="data and schedule; params.yaml sets the default",
)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
FOLDER = click.Path(path_type=Path, file_okay=False)
JSON = click.option("--json", "as_json", is_flag=True, help="print a JSON list")
#: Needed to count, train and predict, and to evaluate on CrowdPose; reading, judging and the site do without.
MODEL_PACKAGES = ("torch", "torchvision", "mmengine", "mmcv", "mmpose", "cv2", "xtcocotools")


class Group(click.Group):
    """Lists its commands by section; reports every known error in one line with exit status 2."""

    def __init__(self, *args: Any, sections: Mapping[str, str], **kwargs: Any) -> None:
        """sections: heading -> names of its commands, in the order of the help text."""
        super().__init__(*args, **kwargs)
        self.sections = sections

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """One section of the help text per heading."""
        longest = max(map(len, self.commands))
        for heading, names in self.sections.items():
            limit = formatter.width - 6 - longest
            rows = [
                (name.ljust(longest), self.commands[name].get_short_help_str(limit))
                for name in names.split()
            ]
            with formatter.section(heading):
                formatter.write_dl(rows)

    def invoke(self, context: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a locale without our signs shows them as ?
                stream.reconfigure(errors="replace")
        try:
            return super().invoke(context)
        except (ReproPoseError, ZooError, MissingPackage) as error:
            message = str(error)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in MODEL_PACKAGES:
                raise
            message = missing_package(error)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else ""
            command = f"repropose{path.removeprefix(context.command_path)}"
            message = f"{error.format_message().rstrip('.')}; see `{command} --help`"
        except OSError as error:
            if error.errno in (None, errno.EPIPE):  # the reader closed the pipe: no error of ours
                raise
            message = f"{error.strerror}: {error.filename or 'output'}"
        lines = [printable(line) for line in message.splitlines()]
        click.echo("repropose: " + "\n".join(lines), err=True)
        raise SystemExit(2)


def missing_package(error: ModuleNotFoundError) -> str:
    """One line: what is not installed, who needs it, what installs it."""
    return (
        f"the package '{error.name}' is not installed; models need PyTorch, MMEngine, MMCV and MMPose: "
        "`make setup` in a checkout installs the tested versions"
    )


def results_store() -> "Store":
    """The results of the workspace, and the committed ones."""
    from bench.results.store import Store

    return Store(root=workspace() / "results")


def judged(measurements: "Measurements") -> "Snapshot":
    """Everything judged, with the paired bootstrap where runs have a single seed."""
    from bench.judge.bootstrap import PairedRuns
    from bench.judge.verdicts import judge_all

    snapshot = judge_all(measurements, PairedRuns(workspace() / "build" / "paired"))
    return snapshot.model_copy(update={"made": measurements.index.newest_date})


def current_tier(name: str | None) -> Tier:
    """The given tier, or the one in params.yaml; `UnknownName` lists the three."""
    what = "tier"
    if name is None:
        what = f"tier in {params_file()}"
        name = str(read_mapping(params_file()).get("tier", "smoke"))
    if name not in TIERS:
        raise UnknownName(what, name, TIERS)
    return name


def print_rows(rows: Sequence[dict[str, Any]], as_json: bool, *columns: str) -> None:
    """JSON, or a plain table of the chosen columns."""
    if as_json:
        ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
        json.dump(rows, sys.stdout, ensure_ascii=ascii_only, indent=1)
        sys.stdout.write("\n")
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(escape(printable(_plain(row[c]))) for c in columns))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _plain(value: Any) -> str:
    """A value as text: numbers with four digits, mappings as `name value, ...`."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return str(value)


def print_lead(name: str, metrics: Mapping[str, float], file: str) -> None:
    """The first metric of a stored result, and where it is stored."""
    lead, value = next(iter(metrics.items()), ("nothing", 0.0))
    click.echo(f"{name}: {lead} {value:.2f} -> {file}")


def known_paper(catalog: "Catalog", paper: str | None) -> None:
    """Raises `UnknownName` for a paper that the catalog does not have."""
    if paper is not None and paper not in catalog.papers:
        raise UnknownName("paper", paper, catalog.papers)


def measurements() -> "Measurements":
    """What was measured for the cells of all papers."""
    from bench.catalog.load import load_catalog
    from bench.judge.evidence import Measurements
    from bench.results.index import ResultIndex

    return Measurements(load_catalog(), ResultIndex(results_store()))
