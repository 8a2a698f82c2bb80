"""How a board grows with its rows: `python -m tests.benchmarks.measure_sort` (not a test; prints milliseconds of CPU).

One browser loads a board of 20,000 rows and one of 2,000 and sorts each by three columns. CPU is what the renderer's
main thread spent on tasks, as Chromium reports it (`Performance.getMetrics`).
"""

import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from reports.build.templates import addresses, environment
from reports.pages.board import board_page
from reports.site import build
from reports.views.boards import Board, Line, Section, Shown
from reports.views.entries import Print
from reports.views.ranking import Span
from tests.factories import make

FEW, MANY = 2_000, 20_000


def crowded(site: Path, folder: Path, entries: int) -> Path:
    """A board in `folder` with so many rows, and the site's static files beside it."""
    lines = [_line(number) for number in range(entries)]
    board = Board("coco-val-256x192", [Section("COCO val2017", lines, "AP", {})])
    env = environment()
    env.globals.update(menu=[], methods={}, made=None, empty=[], **addresses())
    html = env.get_template("leaderboard.html").render(
        root="",
        page="leaderboard.html",
        boards=[board],
        addresses={board.key: "leaderboard.html"},
        **board_page(board, {"paper0-1": "Paper 1"}),
    )
    (folder / "static").symlink_to(site / "static")
    page = folder / "leaderboard.html"
    page.write_text(html, "utf-8")
    return page


def _line(number: int) -> Line:
    name, ap = f"Method {number}", 50.0 + number * 7919 % 400 / 10
    line = Line(name, f"models/method-{number}.html", "own", "paper0", {"boxes": "detector-56.4"})
    line.prints = [Print("paper0-1", "AP", f"{ap:.1f}", f"tables/paper0-1.html#c-row{number}--ap")]
    span = Span(ap, ap - 0.05, ap + 0.05)
    for metric, side, value in (
        *(("AP", "printed", ap), ("AP", "here", ap - 0.1), ("AP50", "printed", ap + 15)),
        *(("AR", "printed", ap + 5), ("params", "printed", 5 + number % 97), ("fps", "here", 40)),
        *(("params", "here", 5.1 + number % 97), ("flops", "printed", 1.0 + number % 83)),
        *(("flops", "here", 1.2 + number % 83),),
    ):
        line.values[metric, side] = Shown(f"{value:.1f}", value, span if metric == "AP" else None)
    return line


def spent(session: Any) -> float:
    """Milliseconds of the main thread since the page began."""
    found = session.send("Performance.getMetrics")["metrics"]
    return 1000.0 * float(next(one["value"] for one in found if one["name"] == "TaskDuration"))


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        root = Path(folder)
        site = build(*make(), root / "site").out
        chromium = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for entries in (FEW, MANY):
            (root / str(entries)).mkdir()
            path = crowded(site, root / str(entries), entries)
            page = chromium.new_page(viewport={"width": 1280, "height": 800})
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(path.as_uri())
            page.wait_for_timeout(500)
            times = [spent(session)]
            for column in ("AP", "params", "flops"):
                page.locator(f"th[data-metric={column}] button").first.click(no_wait_after=True)
                page.wait_for_timeout(300)
                times.append(spent(session))
            sorts = ", ".join(f"{b - a:.0f}" for a, b in pairwise(times))
            size = path.stat().st_size / 1e6
            print(f"{entries} rows, {size:.1f} MB: load {times[0]:.0f} ms, sorts {sorts} ms of CPU")
        chromium.close()


if __name__ == "__main__":
    main()
