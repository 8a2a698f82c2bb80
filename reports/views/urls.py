"""File names and anchors of pages; data never becomes a path or an id unchecked."""

import hashlib
import re
from functools import cache
from pathlib import PurePosixPath
from urllib.parse import urlencode

_UNSAFE = re.compile(r"[^a-z0-9]+")
_LONGEST = 80


@cache
def slug(text: str) -> str:
    """The text as letters, digits and hyphens; distinct texts stay distinct ('R A4' and 'r/a4' differ)."""
    plain = _UNSAFE.sub("-", text.lower()).strip("-")
    if plain and plain == text and len(plain) <= _LONGEST:
        return plain
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain[:_LONGEST].strip('-')}-{digest}".lstrip("-")


def table_page(name: str, suffix: str = "html") -> str:
    return f"tables/{slug(name)}.{suffix}"


def paper_page(paper: str) -> str:
    return f"papers/{slug(paper)}.html"


def model_page(model: str, suffix: str = "html") -> str:
    return f"models/{slug(model)}.{suffix}"


def result_page(file: str, suffix: str = "html") -> str:
    """Page of a result (or, with "json", the result itself) by its file: 'evidence/results/counted/hrnet-w32.html'."""
    parts = PurePosixPath(file).with_suffix("").parts
    return f"evidence/{'/'.join(map(slug, parts))}.{suffix}"


def crate_file(file: str, name: str) -> str:
    """A file of the RO-Crate of a result."""
    return f"{result_page(file, 'crate')}/{name}"


def croissant_file(name: str) -> str:
    return f"files/{slug(name)}.croissant.json"


def evidence_link(file: str) -> str:
    """Address that compares a result with others, from the root of the site."""
    return f"evidence.html#{urlencode({'a': file})}"


def submission_link(file: str) -> str:
    """Address of submitted predictions from the root of the site, by the file name of their result."""
    return f"submissions.html#s-{slug(file)}"


def picture_file(digest: str) -> str:
    """Pictures are named by their content, so that equal ones are stored once."""
    return f"pictures/{digest[:20]}.webp"


def chart_file(key: str, suffix: str) -> str:
    return f"files/charts/{slug(key)}.{suffix}"


def explorer_file(run: str) -> str:
    """The poses of a run, as a script."""
    return f"files/poses/{slug(run)}.js"


def row_anchor(row: str) -> str:
    return f"r-{slug(row)}"


def cell_anchor(row: str, column: str) -> str:
    return f"c-{slug(row)}--{slug(column)}"


def cell_link(paper: str, table: str, row: str, column: str) -> str:
    """Address of a cell from the root of the site."""
    return f"{table_page(f'{paper}-{table}')}#{cell_anchor(row, column)}"


def claim_link(paper: str, claim: str) -> str:
    """Address of a claim from the root of the site."""
    return f"claims.html#{claim_anchor(paper, claim)}"


def claim_anchor(paper: str, claim: str) -> str:
    return f"claim-{slug(paper)}--{slug(claim)}"


def notes_page(paper: str) -> str:
    """The interpretations of a paper."""
    return f"papers/{slug(paper)}-notes.html"


def history_page(paper: str | None = None) -> str:
    """How verdicts changed: of all papers, or of one."""
    return f"history/{slug(paper)}.html" if paper else "history.html"


def badge_file(paper: str, kind: str | None = None) -> str:
    """What a paper's values turned out to be: of all kinds, or of one."""
    return f"badges/{slug(paper)}{f'-{kind}' if kind else ''}.svg"


def change_anchor(number: int) -> str:
    return f"h-{number}"


def web_address(text: str | None) -> str | None:
    """The text if it is an http(s) address, else None: 'javascript:' never becomes a link."""
    return text if text and re.match(r"https?://[^\s\"'<>]+$", text) else None


def arxiv_address(number: str | None) -> str | None:
    """Address of an arXiv number such as 2012.14214."""
    return f"https://arxiv.org/abs/{number}" if re.match(r"\d{4}\.\d{4,5}$", number or "") else None


def arxiv_page(number: str | None, page: int) -> str | None:
    """Address of one page of a paper's PDF on arXiv; browsers open it at that page."""
    whole = arxiv_address(number)
    return whole and f"{whole.replace('/abs/', '/pdf/')}#page={page}"
