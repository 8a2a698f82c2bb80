"""Command that compares two runs or two snapshots."""

from pathlib import Path
from typing import Any

import click

from bench.commands.common import JSON, TIER, current_tier, print_rows, results_store
from bench.errors import DataError

SHOWN = 20  # flipped images


@click.command(
    "compare", epilog="Example: repropose compare transpose-r-a3-coco transpose-r-a4-coco"
)
@click.argument("first")
@click.argument("second")
@TIER
@JSON
def compare_command(first: str, second: str, tier: str | None, as_json: bool) -> None:
    """Compare two runs or two snapshots.

    FIRST and SECOND are runs (RUN or RUN/seed-1) or the snapshot.json of two built sites.
    """
    ends = [name.endswith(".json") for name in (first, second)]
    if ends == [True, True]:
        _snapshots(Path(first), Path(second), as_json)
    elif any(ends):
        raise DataError("compare two runs or two snapshot.json files, not one of each")
    else:
        _runs(first, second, tier, as_json)


def _snapshots(first: Path, second: Path, as_json: bool) -> None:
    from reports.pages import compare_snapshots

    found = compare_snapshots.compare(compare_snapshots.read(first), compare_snapshots.read(second))
    rows: list[dict[str, Any]] = [
        {
            "what": "{}-{}/{}/{}".format(*change.place),
            "before": change.words[0],
            "after": change.words[1],
            "moved": None if change.moved is None else round(change.moved, 6),
        }
        for change in (*found.flipped, *found.moved)
    ]
    rows += [
        {"what": f"{c.paper}: {c.after.claim.id}", "before": old, "after": new, "moved": None}
        for c in found.claims
        for old, new in [c.words]
    ]
    print_rows(rows, as_json, "what", "before", "after", "moved")
    click.echo(
        f"{len(found.flipped)} verdicts flipped, {len(found.moved)} other values moved, "
        f"{len(found.claims)} claims changed",
        err=True,
    )


def _runs(first: str, second: str, tier: str | None, as_json: bool) -> None:
    from reports.pages import compare_runs

    store, chosen = results_store(), current_tier(tier)
    found = compare_runs.pair(
        compare_runs.find(store, first, chosen), compare_runs.find(store, second, chosen)
    )
    flips = found.flips or []
    rows = compare_runs.table_of(found)
    if as_json:
        rows += [{"image": image, "first": a, "second": b} for image, a, b in flips]
    print_rows(rows, as_json, "metric", "first", "second", "difference", "interval")
    for key, one, two in found.protocols:
        click.echo(f"protocols differ in {key}: {one} | {two}", err=True)
    if found.flips is None:
        click.echo("flipped images are unknown; evaluate both runs again", err=True)
        return
    won = sum(b > a for _, a, b in flips)
    click.echo(f"{len(flips)} images flipped, {won} of them correct only in {second}", err=True)
    if not as_json and flips:
        shown = [
            {"image": image, "first": round(a, 2), "second": round(b, 2)} for image, a, b in flips
        ]
        print_rows(shown[:SHOWN], False, "image", "first", "second")
