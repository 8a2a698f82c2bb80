"""Strangers' submissions, each with its card, its figures and the kinds of its errors."""

from dataclasses import dataclass

from bench.results.index import ResultIndex
from bench.results.records import SubmissionResult
from reports.charts.error_types import DiagnosisView, drawn
from reports.views.results import Trace, trace
from reports.views.urls import slug, web_address


@dataclass(frozen=True)
class SubmissionView:
    """One submission; `anchor` is its place on the page."""

    anchor: str
    result: SubmissionResult
    trace: Trace
    diagnosis: DiagnosisView
    link: str | None


def submission_views(index: ResultIndex) -> list[SubmissionView]:
    """All submissions, by name, data set and tier."""
    return [
        SubmissionView(
            f"s-{slug(stored.file)}",
            stored.result,
            trace(stored),
            drawn(
                slug(stored.file),
                f"{stored.result.dataset}, {stored.result.tier} tier",
                stored.result.diagnosis,
            ),
            web_address(stored.result.card.link),
        )
        for stored in index.submissions
    ]
