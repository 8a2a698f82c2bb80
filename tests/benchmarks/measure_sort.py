"""How sorting grows with the leaderboard: `python -m tests.benchmarks.measure_sort` (not a test; prints ratios).

One browser sorts a leaderboard of 20,000 entries and one of 2,000, in turns; where only shown rows are laid out, ten
times the entries cost far less than ten times the time.
"""

import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from reports.site import build
from tests.factories import make

FEW, MANY, TURNS = 2_000, 20_000, 5
SPENT = """async column => {
  const start = performance.now();
  document.querySelector(`th[data-col=${column}] button`).click();
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""


def crowded(site: Path, folder: Path, entries: int) -> Path:
    """A leaderboard in `folder` whose first group repeats its rows until there are `entries`."""
    source = (site / "leaderboard.html").read_text("utf-8")
    head, group, rest = source.partition('<tbody id="g1"')
    body, end, after = rest.partition("</tbody>")
    title, first, rows = body.partition('<tr class="own"')
    many = (first + rows) * (entries // (first + rows).count("<tr "))
    (folder / "static").symlink_to(site / "static")
    page = folder / "leaderboard.html"
    page.write_text(head + group + title + many + end + after, "utf-8")
    return page


def sorted_in(page: Any) -> float:
    """Milliseconds until a sort by a column is on the screen, the median of three columns."""
    return median(page.evaluate(SPENT, column) for column in ("AP", "params", "AR"))


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        root = Path(folder)
        site = build(*make(), root / "site").out
        chromium = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        pages = []
        for entries in (FEW, MANY):
            (root / str(entries)).mkdir()
            page = chromium.new_page()
            page.goto(crowded(site, root / str(entries), entries).as_uri())
            pages.append(page)
        ratios = []
        for _ in range(TURNS):
            few, many = (sorted_in(page) for page in pages)
            ratios.append(many / few)
            print(f"{FEW} entries: {few:.0f} ms; {MANY}: {many:.0f} ms; ratio {ratios[-1]:.1f}")
        print(f"median ratio {median(ratios):.1f} for {MANY / FEW:.0f} times the entries")
        chromium.close()


if __name__ == "__main__":
    main()
