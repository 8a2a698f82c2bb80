"""What matters most about a paper, in sentences made from the verdicts; nothing is written by hand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.judge.records import ClaimVerdict
from reports.views.leaderboard import COMPARED
from reports.views.table import CellView
from reports.views.urls import cell_link, paper_page
from reports.views.words import EVIDENCE, number, plural

NAMES = {"params": "parameter", "flops": "FLOPs", "accuracy": "accuracy", "fps": "speed"}


@dataclass(frozen=True)
class Finding:
    """One sentence, the page that proves it, and how much it matters (larger: more)."""

    text: str
    link: str
    weight: float


def findings(
    paper: str,
    cells: Sequence[CellView],
    claims: Sequence[ClaimVerdict],
    conflicts: int,
    misprints: int,
) -> tuple[Finding, ...]:
    """All findings of a paper, the weightiest first."""
    found = [
        *_figures(paper, cells),
        *_claims(paper, claims),
        *_contradictions(paper, conflicts, misprints),
    ]
    return tuple(sorted(found, key=lambda f: -f.weight))


def _kind(cell: CellView) -> str:
    metric = cell.cell.metric
    return metric if metric in ("params", "flops", "fps") else cell.kind


def _figures(paper: str, cells: Sequence[CellView]) -> Iterable[Finding]:
    for kind, name in NAMES.items():
        own = [c for c in cells if _kind(c) == kind and c.judged and c.cell.origin != "quoted"]
        if not own:
            continue
        compared = [c for c in own if c.word.key in COMPARED and c.word.key != "stale"]
        stale = sum(c.word.key == "stale" for c in own)
        link = f"{paper_page(paper)}#coverage"
        if stale:
            what = plural(stale, f"{name} figure was", f"{name} figures were")
            text = f"{what} measured before the code changed and must be measured again."
            yield Finding(text, link, 3)
        if not compared:
            if not stale:
                text = f"None of its {plural(len(own), f'{name} figure')} has been reproduced or refuted yet."
                yield Finding(text, link, 1)
            continue
        agree = [c for c in compared if c.word.key in ("reproduced", "better")]
        text = f"{len(agree)} of {plural(len(compared), f'compared {name} figure')} {_verb(len(agree), 'stand')}"
        yield Finding(f"{text}.", link, 5)
        yield from _largest([c for c in compared if c.word.key == "deviates"], name)


def _largest(cells: Sequence[CellView], name: str) -> Iterable[Finding]:
    """The figure that deviates most."""
    known = [
        (abs(c.verdict.difference), c)
        for c in cells
        if c.verdict and c.verdict.difference is not None
    ]
    if not known:
        return
    size, view = max(known, key=lambda pair: pair[0])
    cell = view.cell
    link = cell_link(cell.paper, cell.table.table, cell.row.key, cell.column.key)
    text = (
        f"{plural(len(cells), f'{name} figure')} {'deviates:' if len(cells) == 1 else 'deviate, most of all'} "
        f"{cell.column.label} of “{cell.row.label}” in Table {cell.table.table}: "
        f"printed {cell.printed}, here {view.here} ({view.difference})."
    )
    yield Finding(text, link, 7 + min(size, 100) / 100)


def _claims(paper: str, claims: Sequence[ClaimVerdict]) -> Iterable[Finding]:
    link = f"{paper_page(paper)}#claims"
    broken = [c for c in claims if c.on_paper.holds == "fails"]
    if broken:
        verb = "does" if len(broken) == 1 else "do"
        text = (
            f"{plural(len(broken), 'claim')} {verb} not follow from the paper's own tables, "
            f"for example: {broken[0].claim.claim}"
        )
        yield Finding(_sentence(text), link, 9)
    fails = [c for c in claims if c.on_reproduced.holds == "fails" and c.on_paper.holds != "fails"]
    if fails:
        verb = _verb(len(fails), "fail")
        text = (
            f"{plural(len(fails), 'claim')} {verb} on reproduced numbers ({_evidence(fails)}), "
            f"for example: {fails[0].claim.claim}"
        )
        yield Finding(_sentence(text), link, 8)
    judged = [c for c in claims if c.on_reproduced.holds != "open"]
    found = Counter(c.on_reproduced.holds for c in claims)
    if judged:
        text = (
            f"Of {plural(len(judged), 'claim')} judged on reproduced numbers ({_evidence(judged)}) "
            f"{number(found['holds'], 0)} {_verb(found['holds'], 'hold')}, {number(found['fails'], 0)} "
            f"{_verb(found['fails'], 'fail')}, {number(found['inconclusive'], 0)} "
            f"{'is' if found['inconclusive'] == 1 else 'are'} inconclusive; {number(found['open'], 0)} more "
            f"{'is' if found['open'] == 1 else 'are'} open."
        )
        yield Finding(text, link, 4 if found["holds"] else 2)


def _verb(count: int, plural_form: str) -> str:
    """'holds' of one, 'hold' of several."""
    return f"{plural_form}s" if count == 1 else plural_form


def _evidence(claims: Sequence[ClaimVerdict]) -> str:
    """What they were judged by: '3 counted, 2 timed'; a claim on a small CPU is no claim on the paper's GPU."""
    found = Counter(c.on_reproduced.evidence for c in claims)
    parts = [(EVIDENCE[key].label, found[key]) for key in EVIDENCE if found[key]]  # type: ignore[index]
    parts += [("without evidence", found[None])] if found[None] else []
    if len(parts) == 1:
        return parts[0][0]
    return ", ".join(f"{number(count, 0)} {label}" for label, count in parts)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _contradictions(paper: str, conflicts: int, misprints: int) -> Iterable[Finding]:
    if conflicts:
        verb = "is" if conflicts == 1 else "are"
        text = f"{plural(conflicts, 'quantity', 'quantities')} {verb} printed with two different values."
        yield Finding(text, f"{paper_page(paper)}#conflicts", 6)
    if misprints:
        verb = "is" if misprints == 1 else "are"
        text = f"{plural(misprints, 'cell')} {verb} likely misprinted."
        yield Finding(text, f"{paper_page(paper)}#misprints", 3)
