"""Jinja as the site uses it: everything is escaped, nothing undefined passes silently."""

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from bench.judge import tolerance
from reports.charts import error_types, labels
from reports.views import urls, words

# Invalid in HTML: C0 and C1 controls (except tab and newline), lone surrogates, non-characters. And the
# embeddings, overrides and isolates of bidirectional text, which could turn the text around them.
_INVALID = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)


def clean(value: Any) -> Any:
    """Text without characters that break HTML or its order; other values as they are."""
    return _INVALID.sub("\ufffd", value) if type(value) is str else value


def _markdown() -> MarkdownIt:
    """CommonMark with tables; raw HTML stays text, images are not fetched, links stay links."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _table_open(*_: Any) -> str:
    """Tables of the notes scroll by themselves on a narrow screen."""
    return (
        '<div class="scroll" role="region" tabindex="0" aria-label="Table in the notes"><table>\n'
    )


@cache
def notes_html(text: str) -> Markup:
    """NOTES.md as HTML, its headings below the page's own (h1 becomes h3)."""
    reader = _markdown()
    reader.add_render_rule("table_open", _table_open)
    reader.add_render_rule("table_close", lambda *_: "</table></div>\n")
    tokens = reader.parse(str(clean(text)))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    return Markup(reader.renderer.render(tokens, reader.options, {}))


def environment() -> Environment:
    """The templates with the site's words and names."""
    env = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=clean,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters.update(
        number=words.number,
        fixed=words.fixed,
        shortened=labels.shortened,
        signed=words.signed,
        slug=urls.slug,
        notes_html=notes_html,
        split_name=words.split_name,
    )
    env.globals.update(
        names=urls,
        tolerance=tolerance,
        plural=words.plural,
        VERDICTS=words.VERDICTS,
        EVIDENCE=words.EVIDENCE,
        HOLDS=words.HOLDS,
        ORIGINS=words.ORIGINS,
        ERROR_KINDS=error_types.KINDS,
    )
    return env
