"""External predictions that were submitted: each with its card, its metrics and its error diagnosis."""

from dataclasses import dataclass

from bench.results.records import SubmissionResult
from reports.charts.error_types import DiagnosisView, diagnosis_view
from reports.views.results import Measured, Trace
from reports.views.urls import slug, web_address


@dataclass(frozen=True)
class SubmissionView:
    """One submission; `anchor` is its id on the page."""

    anchor: str
    result: SubmissionResult
    trace: Trace
    diagnosis: DiagnosisView
    link: str | None


def submission_views(measured: Measured) -> list[SubmissionView]:
    """All submissions, by name, data set and tier."""
    return [
        SubmissionView(
            f"s-{slug(file)}",
            result,
            measured.traces[file],
            diagnosis_view(slug(file), f"{result.dataset}, {result.tier} tier", result.diagnosis),
            web_address(result.card.link),
        )
        for file, result in measured.submissions
    ]
