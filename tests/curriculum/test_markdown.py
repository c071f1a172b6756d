"""Markdown becomes HTML that can be shown as it is, whoever wrote it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum import tex
from curriculum.markdown import RenderError, Source, render_many, render_markdown, render_sources, sanitise


def test_a_formula_becomes_mathml() -> None:
    html = render_markdown("The loss is $\\lVert x\\rVert^2$.")

    assert html.startswith("<p>The loss is <math>")
    assert "<msup>" in html


def test_a_displayed_formula_says_so() -> None:
    html = render_markdown("$$\n\\frac{1}{2}\n$$")

    assert '<math display="block"' in html
    assert "<mfrac>" in html


def test_inline_text_has_no_paragraph_around_it() -> None:
    assert render_sources([Source("*One* line", inline=True), Source("A text")]) == [
        "<em>One</em> line",
        "<p>A text</p>",
    ]


def test_all_texts_of_a_batch_share_one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    run = tex._run_worker

    def counted(request: str) -> str:
        started.append(request)
        return run(request)

    monkeypatch.setattr(tex, "_run_worker", counted)

    render_many(["$a$", "$b$ and $a$", "plain"])

    assert len(started) == 1
    assert started[0].count('"a"') == 1  # the same formula is rendered once


def test_a_text_without_formulas_starts_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tex, "_run_worker", lambda _request: pytest.fail("the engine was started"))

    assert render_markdown("It costs \\$5.") == "<p>It costs $5.</p>"


def test_every_broken_formula_is_reported() -> None:
    with pytest.raises(RenderError) as caught:
        render_many(["fine: $x$", "$\\frac{1$", "$\\nothing$ and $\\href{https://x}{y}$"])

    assert [index for index, _ in caught.value.problems] == [1, 2, 2]
    assert "Unexpected end of input" in caught.value.problems[0][1]
    assert "\n" not in str(caught.value)


def test_code_is_highlighted_by_classes_and_never_by_styles() -> None:
    html = render_markdown("```python\ndef f(x):\n    return x < 1\n```")

    assert '<pre class="highlight"><code class="language-python">' in html
    assert '<span class="k">def</span>' in html
    assert "&lt;" in html
    assert "style=" not in html


def test_code_in_an_unknown_language_is_shown_plain() -> None:
    html = render_markdown("```nosuchlanguage\n<b>\n```")

    assert "&lt;b&gt;" in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<svg/onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "<javascript:alert(1)>",
        "![x](https://example.org/x.png)",
        "$\\text{<script>alert(1)</script>}$",
        "$\\text{<img src=x onerror=alert(1)>}$",
        "$\\text{</mtext></math><script>alert(1)</script>}$",
        "```<script>\nx\n```",
        "```python onload=x\n<script>\n```",
        "<style>p{color:red}</style>",
        '<a href="https://x" onclick="x" style="x">x</a>',
    ],
)
def test_nothing_that_runs_or_loads_comes_through(text: str) -> None:
    html = render_markdown(text)

    assert not re.search(r"<(script|img|svg|style|iframe|object|link)\b", html, re.IGNORECASE)
    for tag in re.findall(r"<[^>]*>", html):
        assert not re.search(r"\son\w+=|style=|(javascript|vbscript|data):", tag, re.IGNORECASE), tag


@pytest.mark.parametrize(
    "formula",
    ["\\href{javascript:alert(1)}{x}", "\\url{https://x}", "\\includegraphics{x}", "\\class{a}{b}", "\\data{a=b}{c}"],
)
def test_a_formula_that_would_link_load_or_name_a_class_is_refused(formula: str) -> None:
    with pytest.raises(RenderError):
        render_markdown(f"${formula}$")


def test_a_formula_loses_its_inline_styles() -> None:
    html = render_markdown("$\\color{red}{x} \\begin{pmatrix}a&b\\end{pmatrix} \\bar x$")

    assert "<mtable" in html
    assert "style=" not in html


@pytest.mark.parametrize(
    "html",
    [
        "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
        "<math><mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></mtext></math>",
        "<math><mi href='javascript:alert(1)'>x</mi></math>",
        "<math><maction actiontype='statusline' xlink:href='javascript:alert(1)'>x</maction></math>",
        "<math href='javascript:alert(1)'>x</math>",
    ],
)
def test_known_ways_from_mathml_back_into_html_are_closed(html: str) -> None:
    clean = sanitise(html)

    for word in ("script", "onerror=", "href", "annotation", "mglyph", "maction"):
        assert not re.search(rf"<[^>]*{word}", clean), clean


@given(st.text(alphabet="<>&\"'`[]()!*_#-|:/\\ \nabjsx=", max_size=60))
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_only_allowed_tags_come_out(text: str) -> None:
    html = render_markdown(text)  # without $: no engine is started

    assert sanitise(html) == html
    assert not re.search(r"<(script|img|style)", html, re.IGNORECASE)


def test_links_to_elsewhere_say_nothing_about_us() -> None:
    assert 'rel="noopener noreferrer"' in render_markdown("[arXiv](https://arxiv.org)")


def test_a_table_has_a_box_that_scrolls_and_is_reached_by_keyboard() -> None:
    html = render_markdown("| a | b |\n|---|---|\n| 1 | 2 |\n")

    assert html.startswith('<div class="table-wrap" tabindex="0" role="group" aria-label="Table"><table>')
    assert html.endswith("</table></div>")


def test_words_about_a_table_are_no_table() -> None:
    assert "table-wrap" not in render_markdown("`<table>` and </table>")
