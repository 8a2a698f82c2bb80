"""The whole site: from verdicts to a folder of HTML that opens from disk.

    build(snapshot, catalog, results, out)

Pages load nothing from the network; every link within the site is relative.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.catalog.load import Catalog
from bench.files import collection_paused
from bench.judge.history import Entry
from bench.judge.records import Snapshot
from bench.results.index import ResultIndex
from bench.results.store import Store
from reports.all_pages import Pages
from reports.build.writer import BuildReport, building
from reports.content import Site
from reports.views.going import NOTHING, Going


@collection_paused()
def build(
    snapshot: Snapshot,
    catalog: Catalog,
    results: Store | ResultIndex,
    out: Path,
    *,
    previous: Snapshot | None = None,
    history: Sequence[Entry] = (),
    going: Going = NOTHING,
) -> BuildReport:
    """Write the site to `out`; only files whose content changed are touched.

    previous: an earlier snapshot (a site keeps its own as `snapshot.json`); adds what changed to the comparison page.
    history: every recorded change (`bench.judge.history`). going: what is being measured meanwhile. Raises `SiteError`
    if `out` contains anything other than a site or cannot be written.
    """
    site = Site(snapshot, catalog, results, previous, history, going)
    with building(out) as writer:
        return writer.finish(Pages(site, writer).write())
