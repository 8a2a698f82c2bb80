"""Commands that bring real data here."""

from pathlib import Path

import click

from bench.commands.common import JSON, print_rows
from bench.errors import DataError
from bench.paths import workspace


@click.command("fetch")
@click.argument("names", nargs=-1)
@click.option("--list", "show", is_flag=True, help="what there is, with size, licence and state")
@click.option(
    "--data-root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="a folder that has some of it already: verified and linked, not copied",
)
@click.option("--offline", is_flag=True, help="use only what is on this machine")
@click.option("--jobs", type=click.IntRange(1, 16), default=4, help="files side by side")
@click.option("--keep-archives", is_flag=True, help="do not delete what has been unpacked")
@JSON
def fetch_command(
    names: tuple[str, ...],
    show: bool,
    data_root: Path | None,
    offline: bool,
    jobs: int,
    keep_archives: bool,
    as_json: bool,
) -> None:
    """Bring real data sets and weights to data/full; the same command resumes what broke off."""
    from bench.fetch.fetcher import Options, fetch, listing
    from bench.fetch.sources import sources

    if show or as_json:
        rows = listing()
        for row in rows if not as_json else ():
            size = row["bytes"]
            row["size"] = f"{size / 1e9:.1f} GB" if isinstance(size, int) else "not published"
        print_rows(rows, as_json, "source", "state", "size", "title", "licence")
        return
    if not names:
        raise DataError("name what to fetch: " + ", ".join(sources()) + "; or give --list")
    options = Options(data_root, offline, jobs, keep_archives)
    fetch(names, options, lambda line: click.echo(line, err=True))


@click.command("convert-mpii")
@click.argument("mat", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--split",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="who is in val: a published mpii_val.json, or a text file with an image name per line",
)
def convert_mpii(mat: Path | None, split: Path | None) -> None:
    """The authors' MPII annotations (.mat) in the layout that the full tier reads."""
    from bench.datasets import mpii

    home = workspace() / "data" / "full" / "mpii"
    source = mat or home / "original" / "mpii_human_pose_v1_u12_1.mat"
    counts = mpii.convert(source, home / "annotations", split)
    click.echo(
        f"{home / 'annotations'}: {counts['train']} people train, {counts['val']} val", err=True
    )
    if split is None:
        click.echo(f"{mpii.OWN_RULE}; results on it are never compared", err=True)
