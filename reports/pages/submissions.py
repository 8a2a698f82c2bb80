"""External predictions that were submitted: each with its card, its metrics and its error diagnosis."""

from dataclasses import dataclass

from bench.results.index import ResultIndex
from bench.results.records import SubmissionResult
from reports.charts.error_types import DiagnosisView, diagnosis_view
from reports.views.results import Trace, trace
from reports.views.urls import slug, web_address


@dataclass(frozen=True)
class SubmissionView:
    """One submission; `anchor` is its id on the page."""

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
            result,
            trace(stored),
            diagnosis_view(
                slug(stored.file), f"{result.dataset}, {result.tier} tier", result.diagnosis
            ),
            web_address(result.card.link),
        )
        for stored in index.submissions
        for result in [stored.result]
    ]
