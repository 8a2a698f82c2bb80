"""Why a claim got its judgement: the sentence where the numbers alone decide, and what the judge adds to it."""

from collections.abc import Mapping

from bench.catalog.load import Catalog
from bench.catalog.schema import Claim
from bench.judge.claims.expressions import Resolved
from bench.judge.records import ClaimJudgement, ClaimVerdict, Verdict
from reports.views.claim_reasons import Reason, with_labels
from reports.views.words import number, plural

MISSING = "not measured: "
GIVEN = "the cells give "  # the value and its interval
MOST_MISSING = 4  # parts that say what is not measured, in full


def why_printed(
    catalog: Catalog, verdict: ClaimVerdict, resolved: Resolved, numbers: Mapping[str, float]
) -> str:
    """What the printed numbers say; of a claim about none of them the reason of the judge."""
    if verdict.claim.instead:
        return verdict.on_paper.reason
    shown = {name: cell.printed or "" for name, cell in resolved.cells.items()}
    said = Reason(resolved, catalog, numbers, shown, printed=True).sentence()
    return said + _between(verdict.on_paper, "within rounding")


def why_here(
    catalog: Catalog,
    verdict: ClaimVerdict,
    resolved: Resolved,
    measured: Mapping[str, Verdict],
) -> str:
    """What the counts or times say, where these alone decide; else the judge's reason, with rows by their names."""
    judged = verdict.on_reproduced
    reason = with_labels(judges_reason(judged), resolved, catalog)
    if judged.evidence not in ("counted", "timed") or measured.keys() != resolved.cells.keys():
        return reason
    numbers = {name: one.value or 0.0 for name, one in measured.items()}
    shown = {name: number(value, 2) for name, value in numbers.items()}
    found = Reason(resolved, catalog, numbers, shown, printed=False)
    if not found.agrees(judged):
        return reason
    between = _between(judged, "as the timings vary")  # counts are exact
    return "; ".join([found.sentence() + between, *_added(reason, verdict.claim)])


def judges_reason(judged: ClaimJudgement) -> str:
    """The judge's own words, with the interval of the value where they do not give it.

    Of many parts that say what is not measured the first is kept, and leads where it is why a claim is open.
    """
    parts = judged.reason.split("; ") if judged.reason else []
    missing = [part for part in parts if part.startswith(MISSING)]
    if len(missing) > MOST_MISSING:
        more = plural(len(missing) - 1, "more comparison")
        at = 0 if judged.holds == "open" else parts.index(missing[0])
        parts = [part for part in parts if part not in missing]
        parts[at:at] = [missing[0], f"and {more} not measured"]
    reason = "; ".join(parts)
    return reason if GIVEN in reason else (reason + _between(judged, "possible")).removeprefix("; ")


def _added(reason: str, claim: Claim) -> list[str]:
    """The parts of a reason that the sentence does not say in its own words: the machine, the rules, what softens."""
    claimed = f"claimed {claim.claimed} ({claim.rounding})"
    parts = [part.removesuffix(claimed).removesuffix(": ") for part in reason.split("; ")]
    return [part for part in parts if part and not part.startswith(GIVEN)]


def _between(judged: ClaimJudgement, why: str) -> str:
    """'; 72.1 to 72.9 within rounding' of a value that is not exact."""
    if judged.interval is None or judged.interval[0] == judged.interval[1]:
        return ""
    return f"; {number(judged.interval[0], 2)} to {number(judged.interval[1], 2)} {why}"
