"""Within a changed line the words that differ are marked, and nothing else about the line changes."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from labs.changed_words import LONGEST, mark_changes
from labs.diff import compare
from residual.ui.highlight import highlighted_lines

LINES = st.text(alphabet="ab =+<>&\"'()#_1é\t", max_size=30)


@st.composite
def edited_lines(draw: st.DrawFn) -> tuple[str, str]:
    """A line of code-like words and the same with one of them exchanged: alike enough to bear marks."""
    words = draw(st.lists(st.sampled_from(["x", "=", "1", "'a'", "def", "<", "&", "(", "None", "é"]), min_size=4))
    at = draw(st.integers(0, len(words) - 1))
    other = draw(st.sampled_from(["y", "22", '"b"', "return", ">"]))
    return " ".join(words), " ".join([*words[:at], other, *words[at + 1 :]])


def marked(old: str, new: str) -> tuple[str, str]:
    return mark_changes(old, new, highlighted_lines(old)[0], highlighted_lines(new)[0])


def marks(text: str) -> list[str]:
    """What the reader sees marked; neighbours count as one."""
    return [html.unescape(re.sub(r"<[^>]*>", "", part)) for part in re.findall(r"<mark>(.*?)</mark>", text)]


def test_only_the_words_that_differ_are_marked() -> None:
    old, new = marked("scores = q @ k.mT / d", "scores = q @ k.mT / math.sqrt(d)")
    assert marks(old) == []
    assert "".join(marks(new)) == "math.sqrt()"


def test_a_word_that_took_another_ones_place_is_marked_on_both_sides() -> None:
    old, new = marked("return x.softmax(dim=-2)", "return x.softmax(dim=-1)")
    assert (marks(old), marks(new)) == (["2"], ["1"])


def test_lines_with_little_in_common_bear_no_marks() -> None:
    old, new = marked("import torch", "y = [f(x) for x in rows]")
    assert "<mark>" not in old + new


def test_a_line_too_long_to_compare_word_by_word_bears_no_marks() -> None:
    old, new = marked("x" * LONGEST, "x" * LONGEST + " y")
    assert "<mark>" not in old + new


@given(LINES, LINES)
def test_without_its_marks_a_line_is_as_it_was(old: str, new: str) -> None:
    for line, found in zip((old, new), marked(old, new), strict=True):
        assert re.sub("</?mark>", "", found) == highlighted_lines(line)[0]


@given(edited_lines())
def test_marks_and_tags_are_well_nested(lines: tuple[str, str]) -> None:
    before, after = marked(*lines)
    assert "<mark>" in before + after
    assert not re.search(r"<mark>[^<]*<(?!/mark>)", before + after)


@given(edited_lines())
def test_what_is_not_marked_is_the_same_on_both_sides(lines: tuple[str, str]) -> None:
    before, after = marked(*lines)
    assert unmarked(before) == unmarked(after)


def unmarked(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<mark>.*?</mark>", "", text)))


def test_a_comparison_of_versions_marks_changed_lines_and_leaves_new_ones() -> None:
    lines = compare("a = 1\nb = 2\n", "a = 1\nb = 3\nc = 4\n").lines
    assert [(line.kind, marks(line.code)) for line in lines] == [
        ("same", []),
        ("removed", ["2"]),
        ("added", ["3"]),
        ("added", []),
    ]
