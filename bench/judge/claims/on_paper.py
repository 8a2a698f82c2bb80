"""A sentence of a paper, judged twice: on the paper's own numbers, and on the reproduced ones.

On paper every cell may be any value that its rounding allows; the claim holds if the claimed number, with its own
rounding, can be reached (`bench.judge.claims.arithmetic`). On measured values: `bench.judge.claims.on_results`.
"""

from bench.catalog.load import Catalog
from bench.catalog.schema import Claim
from bench.errors import CatalogError
from bench.judge.claims.arithmetic import Evaluation, judge_on
from bench.judge.claims.expressions import Resolved, parse, resolve
from bench.judge.claims.on_results import judge_on_reproduced
from bench.judge.claims.ordering import PairedDifference
from bench.judge.evidence import Measurements
from bench.judge.intervals import Interval
from bench.judge.records import ClaimJudgement, ClaimVerdict


def understand(catalog: Catalog, paper: str, claim: Claim) -> Resolved:
    """Parse and resolve a claim. Raises `CatalogError` that names paper and claim."""
    try:
        resolved = resolve(parse(claim.expression), catalog, paper)
        if not resolved.cells:
            raise CatalogError("names no cell")
        is_truth = resolved.expression.kind == "truth"
        if is_truth and claim.claimed is not None:
            raise CatalogError(
                f"is yes or no, but claims the number {claim.claimed}; leave `claimed` out"
            )
        if not is_truth and claim.claimed is None:
            raise CatalogError("is a number; add `claimed`, or compare it with something")
        _check_instead(catalog, claim, resolved)
    except CatalogError as error:
        raise CatalogError(f"papers/{paper}/claims.yaml: claim '{claim.id}': {error}") from None
    return resolved


def _check_instead(catalog: Catalog, claim: Claim, resolved: Resolved) -> None:
    behind = {cell.run for cell in resolved.cells.values()}
    for run, other in claim.instead.items():
        if run not in behind:
            raise CatalogError(f"`instead` replaces '{run}', which is the run of none of its cells")
        if other not in catalog.runs:
            raise CatalogError(f"`instead` names the run '{other}', which does not exist")


def check_claims(catalog: Catalog) -> None:
    """Every claim can be judged on its paper. Raises `CatalogError` with one line per mistake."""
    problems = []
    for paper, claim in catalog.claims():
        try:
            judge_on_paper(claim, understand(catalog, paper, claim))
        except CatalogError as error:
            problems.append(str(error))
    if problems:
        raise CatalogError("\n".join(problems))


def judge_claim(
    paper: str, claim: Claim, measurements: Measurements, paired: PairedDifference | None = None
) -> ClaimVerdict:
    """Both judgements of one claim. Raises `CatalogError` if it cannot be understood."""
    resolved = understand(measurements.catalog, paper, claim)
    return ClaimVerdict(
        paper=paper,
        claim=claim,
        on_paper=judge_on_paper(claim, resolved),
        on_reproduced=judge_on_reproduced(claim, resolved, measurements, paired),
    )


def judge_on_paper(claim: Claim, resolved: Resolved) -> ClaimJudgement:
    """Does the paper agree with itself, within what the rounding of its cells allows?"""
    if claim.instead:
        return ClaimJudgement(holds="open", reason="about a plot without printed numbers")
    numbers = {name: cell.number for name, cell in resolved.cells.items()}
    values = {name: Interval.printed(number) for name, number in numbers.items()}
    central = {name: number.value for name, number in numbers.items() if number}
    try:
        evaluation = Evaluation(resolved, values, central, printed=True)
        judged = judge_on(claim, evaluation, resolved.expression.tree)
    except ZeroDivisionError as error:
        raise CatalogError(f"claim '{claim.id}': {error}") from None
    return judged.record("paper")
