"""Markdown with TeX to safe HTML with MathML. Run when content is synced, never while a page is served.

Raw HTML is off, formulas become MathML, fenced code is highlighted with CSS classes, and what comes out passes an
allow-list that knows neither `style` nor event handlers nor `javascript:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments.util import ClassNotFound

from curriculum.tex import TEMML_VERSION, Formula, Rendered, to_mathml
from residual.ui.highlight import highlighted

# Part of every digest of a synced item: raise the number when the same Markdown should give different HTML.
RENDERER: Final = f"2+temml-{TEMML_VERSION}"

_HTML_TAGS: Final = """
    a blockquote br code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr li ol p pre s span strong sub sup
    table tbody td th thead tr ul
"""
# Without annotation-xml, mglyph, malignmark, maction and semantics: nothing may lead back from MathML into HTML.
_MATH_TAGS: Final = """
    math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt
    mstyle msub msubsup msup mtable mtd mtext mtr munder munderover
"""
_MATH_ATTRIBUTES: Final = """
    accent accentunder class columnalign columnlines columnspacing columnspan depth display displaystyle fence form
    height largeop linethickness lspace mathvariant maxsize minsize movablelimits notation rowlines rowspacing rowspan
    rspace scriptlevel separator stretchy symmetric voffset width
"""
_TAGS: Final = {*_HTML_TAGS.split(), *_MATH_TAGS.split()}
_ATTRIBUTES: Final = {
    **{tag: set(_MATH_ATTRIBUTES.split()) for tag in _MATH_TAGS.split()},
    **{tag: {"class"} for tag in ("span", "code", "pre", "div")},
    "a": {"href", "title"},
    "ol": {"start"},
}
_LANGUAGE: Final = re.compile(r"[a-z0-9+-]{1,20}")


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of Markdown. `inline` leaves out the paragraph around it: for titles, list items and table cells."""

    text: str
    inline: bool = False


class RenderError(ValueError):
    """Some formulas are no TeX. `problems` holds (index into the given texts, what is wrong) for every one of them."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(message for _, message in problems))


def render_markdown(text: str) -> str:
    """Safe HTML of one text. Raises RenderError for broken TeX."""
    return render_many([text])[0]


def render_many(texts: Sequence[str]) -> list[str]:
    """Safe HTML of each text; all formulas share one child process. Raises RenderError with every broken formula."""
    return render_sources([Source(text) for text in texts])


def render_sources(sources: Sequence[Source]) -> list[str]:
    """As `render_many`, for a mixture of block and inline texts."""
    parser = _parser()
    parsed = [parser.parseInline(source.text) if source.inline else parser.parse(source.text) for source in sources]
    formulas = list(dict.fromkeys(formula for tokens in parsed for formula in _formulas(tokens)))
    rendered = dict(zip(formulas, to_mathml(formulas), strict=True))
    problems = [
        (index, f"${formula.tex.strip()}$: {rendered[formula].error}")
        for index, tokens in enumerate(parsed)
        for formula in _formulas(tokens)
        if rendered[formula].error
    ]
    if problems:
        raise RenderError(problems)
    html = (parser.renderer.render(tokens, parser.options, {"math": rendered}) for tokens in parsed)
    return [_with_room_for_tables(sanitise(text)).strip() for text in html]


def sanitise(html: str) -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener noreferrer",
    )


def _with_room_for_tables(html: str) -> str:
    """Each table in a box of its own that scrolls, by keyboard too: on a narrow screen the page must not.

    In what has been sanitised `<table>` stands for nothing but a table.
    """
    box = '<div class="table-wrap" tabindex="0" role="group" aria-label="Table">'
    return html.replace("<table>", f"{box}<table>").replace("</table>", "</table></div>")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlight}).enable(["table", "strikethrough"])
    parser.disable(["image", "html_block", "html_inline"])
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, double_inline=True)
    for rule in ("math_inline", "math_inline_double", "math_block"):
        parser.add_render_rule(rule, _render_math)
    return parser


def _formulas(tokens: Iterable[Token]) -> Iterable[Formula]:
    for token in tokens:
        if token.type.startswith("math_"):
            yield _formula(token)
        yield from _formulas(token.children or ())


def _formula(token: Token) -> Formula:
    return Formula(token.content.strip(), display=token.type != "math_inline")


def _render_math(
    _renderer: object, tokens: Sequence[Token], index: int, _options: object, env: dict[str, dict[Formula, Rendered]]
) -> str:
    return env["math"][_formula(tokens[index])].mathml


def _highlight(code: str, language: str, _attributes: str) -> str:
    """A whole <pre> of Pygments' spans; for an unknown language "", which makes markdown-it show the code plain."""
    try:
        inner = highlighted(code, language)
    except ClassNotFound:
        return ""
    name = language if _LANGUAGE.fullmatch(language) else "text"
    return f'<pre class="highlight"><code class="language-{name}">{inner}</code></pre>'
