"""What one GPU could do in a day."""

import pytest

from bench.catalog.load import load_catalog
from reports.pages.volunteers import day
from tests.bench.judge.test_untested import open_claim, untested

MODELS = ("transpose-r-a4", "transpose-r-a3", "transpose-h-a6", "lightpose-r50")


def test_a_day_holds_what_fits_and_every_line_settles_more() -> None:
    catalog = load_catalog()
    claims = [open_claim(catalog, paper, claim.id) for paper, claim in catalog.claims()]
    found = untested(catalog, *MODELS, claims=claims)
    days = [day(found, limit) for limit in (0.001, 2.0, 1e6)]
    assert [len(one.packages) for one in days] == sorted(len(one.packages) for one in days)
    assert days[0].hours == 0  # counting costs no GPU-hour
    assert 0 < days[1].claims < days[2].claims
    for one in days:
        jobs = {job for package in one.packages for job in package.jobs}
        assert one.hours == pytest.approx(sum(job.hours for job in jobs))
        assert one.hours <= one.limit
        assert one.claims == len(found.settles(jobs))
        assert not [job for job in jobs if job.kind == "time"]
        lines = [set(package.jobs) for package in one.packages]
        assert not [line for line in lines for other in lines if line < other]
