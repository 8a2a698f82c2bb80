"""The Jinja environment of the site: everything is escaped, undefined names raise."""

import hashlib
import marshal
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import metadata
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from bench.catalog.quantities import METRICS
from bench.errors import EnvironmentProblem
from bench.files import write_atomically
from bench.judge import tolerance
from reports.charts import error_types, labels
from reports.views import claim_words, urls, words, work
from reports.views.differing import SIZES
from reports.views.states import STATE_OF, STATES

# Tables in the notes scroll on their own on a narrow screen.
_TABLE = (
    '<div class="scroll" role="region" tabindex="0" aria-label="Table {} of the notes"><table>\n'
)


@cache
def notes_html(text: str) -> Markup:
    """NOTES.md as HTML, with headings one level lower to fit the page (h1 becomes h2).

    CommonMark with tables; raw HTML is escaped, images are not loaded, links are kept.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    numbers = count(1)
    reader.add_render_rule("table_open", lambda *_: _TABLE.format(next(numbers)))
    reader.add_render_rule("table_close", lambda *_: "</table></div>\n")
    tokens = reader.parse(str(words.clean(text)))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    return Markup(reader.renderer.render(tokens, reader.options, {}))


_INDEXED = re.compile(r"\b(A[PR][0-9]*|[A-Z])((?:[\^_][A-Za-z0-9]{1,3})+)\b(?![\^_])")


def typeset(text: str) -> Markup:
    """Printed labels with their indices raised or lowered: 'AP^kp', 'N_D', 'AP_M'."""

    def placed(found: re.Match[str]) -> str:
        raised = re.sub(r"\^(\w+?)(?=[\^_]|$)", r"<sup>\1</sup>", found[2])
        return found[1] + re.sub(r"_(\w+?)(?=[\^_<]|$)", r"<sub>\1</sub>", raised)

    return Markup(_INDEXED.sub(placed, str(escape(words.clean(text)))))


@cache
def addresses() -> dict[str, str | None]:
    """Where the code is, and where a mistake is reported: what the package's metadata name, None if they do not."""
    given = metadata.metadata("repropose").get_all("Project-URL") or []
    known = {name.strip(): url.strip() for name, _, url in (one.partition(",") for one in given)}
    links = {"repository": known.get("Repository"), "report": known.get("Issues")}
    return {name: urls.web_address(link) for name, link in links.items()}


def escaped(value: Any) -> str:
    """What a template shows: cleaned and escaped, as `markupsafe.escape` does; markup as it is.

    Of plain text, not a `Markup`, since making those was a sixth of the time of a build.
    """
    if type(value) is not str and hasattr(value, "__html__"):
        return str(value.__html__())
    text = str(words.clean(str(value)))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("'", "&#39;").replace('"', "&#34;")


class _Generator(CodeGenerator):
    """Compiles `{{ value }}` to `escaped(value)`."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


class _Environment(Environment):
    code_generator_class = _Generator
    escaped = staticmethod(escaped)


class _Compiled(BytecodeCache):
    """Compiled templates beside the templates, as Python keeps its modules: compiling them took a second a build."""

    def __init__(self) -> None:
        version = f"{sys.implementation.cache_tag} {metadata.version('jinja2')}"
        code = Path(__file__).read_bytes()
        self._head = hashlib.sha256(version.encode() + code).hexdigest().encode()

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError, ValueError, EOFError, TypeError):
            head, source, code = _compiled(bucket).read_bytes().split(b"\n", 2)
            if (head, source) == (self._head, bucket.checksum.encode()):
                bucket.code = marshal.loads(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        content = b"\n".join([self._head, bucket.checksum.encode(), marshal.dumps(bucket.code)])
        with suppress(EnvironmentProblem):  # an installed package may not be written to
            write_atomically(_compiled(bucket), content, durable=False)


def _compiled(bucket: Bucket) -> Path:
    return Path(__file__).parents[1] / "templates" / "__pycache__" / f"{bucket.key}.jinja"


def _once() -> Callable[..., Any]:
    """Calls a macro once for each key, as the same part stands on many pages: `once(macro, key, argument, ...)`."""
    known: dict[tuple[str, str], Any] = {}

    def once(macro: Any, key: str, *given: Any) -> Any:
        if (macro.name, key) not in known:
            known[macro.name, key] = macro(*given)
        return known[macro.name, key]

    return once


@cache
def badge(word: words.Word) -> Markup:
    """A verdict: its symbol and its label."""
    tone = f" {word.tone}" if word.tone else ""
    return Markup(
        '<span class="badge v-{}{}"><span class="symbol" aria-hidden="true">{}</span> {}</span>'
    ).format(word.key, tone, word.symbol, word.label)


def environment() -> Environment:
    """The templates with the filters and names they use."""
    env = _Environment(
        loader=PackageLoader("reports"),
        bytecode_cache=_Compiled(),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = (
        *(words.number, words.fixed, words.signed, words.split_name),
        *(labels.shortened, urls.slug, notes_html, typeset),
    )
    env.filters.update({one.__name__: one for one in filters})
    env.globals.update(
        names=urls,
        badge=badge,
        once=_once(),
        tolerance=tolerance,
        plural=words.plural,
        agreeing=words.agreeing,
        METRICS=METRICS,
        METRIC_LABELS=words.METRIC_LABELS,
        VERDICTS=words.VERDICTS,
        EVIDENCE=words.EVIDENCE,
        HOLDS=words.HOLDS,
        claim_word=words.claim_word,
        is_ours=claim_words.is_ours,
        hours=work.hours,
        rounded=work.rounded,
        ORIGINS=words.ORIGINS,
        ERROR_KINDS=error_types.KINDS,
        STATES=STATES,
        STATE_OF=STATE_OF,
        SIZES=SIZES,
        CAUSES=words.CAUSES,
        BASES=words.BASES,
    )
    return env
