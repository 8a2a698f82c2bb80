"""Commands that fetch, convert and prepare data sets."""

from pathlib import Path
from typing import Any, cast, get_args

import click

from bench.catalog.schema import DatasetName
from bench.commands.common import FILE, JSON, TIER, current_tier, print_rows
from bench.errors import DataError, UnknownName
from bench.paths import workspace


@click.command("fetch", epilog="Example: repropose fetch coco-annotations coco-val")
@click.argument("names", nargs=-1)
@click.option(
    "--list",
    "show",
    is_flag=True,
    help="list all sources with size, licence and whether they are here",
)
@click.option(
    "--data-root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="a folder with files you already have: verified and linked, not copied",
)
@click.option("--offline", is_flag=True, help="use only files on this machine")
@click.option("--jobs", type=click.IntRange(1, 16), default=4, help="downloads in parallel")
@click.option("--keep-archives", is_flag=True, help="keep archives after unpacking")
@JSON
def fetch_command(names: tuple[str, ...], show: bool, as_json: bool, **options: Any) -> None:
    """Download real data sets and weights. Run it again to resume an interrupted download."""
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
    fetch(names, Options(**options), lambda line: click.echo(line, err=True))


@click.command("convert-mpii", epilog="Example: repropose convert-mpii --split mpii_val.json")
@click.argument("mat", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--split",
    type=FILE,
    help="the val split: a published mpii_val.json, or a text file with one image name per line",
)
def convert_mpii_command(mat: Path | None, split: Path | None) -> None:
    """Convert MPII annotations from the authors' .mat file."""
    from bench.datasets import mpii

    home = workspace() / "data" / "full" / "mpii"
    source = mat or home / "original" / "mpii_human_pose_v1_u12_1.mat"
    counts = mpii.convert(source, home / "annotations", split)
    click.echo(
        f"{home / 'annotations'}: {counts['train']} people train, {counts['val']} val", err=True
    )
    if left := [f"{count} with {what}" for what, count in counts.items() if what.startswith("no ")]:
        click.echo(f"left out, since they cannot be evaluated: {', '.join(left)}", err=True)
    if split is None:
        click.echo(f"{mpii.OWN_RULE}; results on it are never compared", err=True)


@click.command("prepare", epilog="Example: repropose prepare coco --tier smoke")
@click.argument("dataset")
@click.option("--limit", type=click.IntRange(1), help="full tier: make a subset of N images")
@click.option("--seed", type=int, default=0, help="which images are in the subset")
@TIER
def prepare_command(dataset: str, limit: int | None, seed: int, tier: str | None) -> None:
    """Synthesise or verify a data set.

    DATASET is coco, coco-scenes, mpii or crowdpose: synthesised for smoke and lab, verified for full.
    """
    from bench.datasets.prepare import prepare

    chosen = current_tier(tier)
    if dataset not in get_args(DatasetName):
        raise UnknownName("data set", dataset, get_args(DatasetName))
    name = cast(DatasetName, dataset)
    if limit is None:
        manifest = prepare(name, chosen)
        click.echo(f"{dataset} at tier {chosen}: {manifest['fingerprint'][:16]}", err=True)
        if turned := manifest.get("turned"):
            click.echo(
                f"note: {len(turned)} images have an EXIF orientation, such as {turned[0]}; networks and galleries "
                "see them turned, so the annotations have to be of the turned image",
                err=True,
            )
        for note in manifest.get("notes", ()):
            click.echo(f"note: {note}", err=True)
        return
    if chosen != "full":
        raise DataError(
            "--limit applies to real data only: add --tier full (params.yaml sets the sizes of the other tiers)"
        )
    from bench.datasets import subset

    folder = subset.make(name, limit, seed)
    click.echo(f"set REPROPOSE_WORKSPACE={folder} to use the subset in any command", err=True)
