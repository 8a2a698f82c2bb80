"""`python -m bench.datasets.synthetic`: look at synthetic people, write them to disk, time them."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from bench.datasets.synthetic import contact_sheet, generate, render
from bench.datasets.synthetic.png import encode_png
from bench.datasets.synthetic.scene import SIZES
from bench.datasets.synthetic.stage import LEVELS
from bench.datasets.synthetic.write import DATASETS
from bench.errors import ReproPoseError

KIND = click.option("--kind", type=click.Choice(list(SIZES)), default="crops", show_default=True)
LEVEL = click.option(
    "--difficulty", type=click.Choice(list(LEVELS)), default="easy", show_default=True
)
SEED = click.option("--seed", type=int, default=0, show_default=True)


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@KIND
@LEVEL
@SEED
@click.option("--count", type=click.IntRange(1), default=40, show_default=True)
@click.option("--columns", type=click.IntRange(1), default=10, show_default=True)
@click.option("--zoom", type=click.IntRange(1), default=2, show_default=True)
@click.option("--size", type=click.IntRange(32), nargs=2, help="Width and height, pixels.")
@click.option("--annotated", is_flag=True, help="Draw boxes and keypoints on top.")
def sheet(path: Path, **options: Any) -> None:
    """Write a contact sheet to PATH, a PNG."""
    contact_sheet(path, **options)


@main.command("generate")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--dataset", type=click.Choice(DATASETS), default="coco", show_default=True)
@KIND
@LEVEL
@SEED
@click.option("--train", type=click.IntRange(0), default=1000, show_default=True)
@click.option("--val", type=click.IntRange(0), default=200, show_default=True)
@click.option("--size", type=click.IntRange(32), nargs=2, help="Width and height, pixels.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
def write(folder: Path, **options: Any) -> None:
    """Write a data set to FOLDER in the data set's own layout."""

    def report(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            print(f"{done} of {total} images", file=sys.stderr)

    manifest = generate(folder, progress=report, **options)
    print(f"{folder}: {manifest.people} people, sha256 {manifest.fingerprint}")


@main.command()
@click.option("--seconds", type=float, default=3.0, show_default=True)
def rate(seconds: float) -> None:
    """Measure images per second of CPU time on one core, PNG encoding included."""
    for kind in SIZES:
        for difficulty in LEVELS:
            encode_png(render(0, 0, kind=kind, difficulty=difficulty).image)
            start, done = time.process_time(), 0
            while time.process_time() - start < seconds:
                done += 1
                encode_png(render(0, done, kind=kind, difficulty=difficulty).image)
            spent = time.process_time() - start
            width, height = SIZES[kind]
            print(f"{kind} {width}x{height} {difficulty}: {done / spent:.0f} per second")


if __name__ == "__main__":
    try:
        main()
    except ReproPoseError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
