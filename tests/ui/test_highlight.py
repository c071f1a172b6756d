"""Code line by line: the n-th piece is line n of the file, whole by itself."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from residual.ui.highlight import highlighted_lines

SOURCE = '''

def f(x):
    """Over
    two lines."""
    return x < 3
'''


def test_lines_keep_their_numbers_with_blank_ones_at_the_start() -> None:
    lines = highlighted_lines(SOURCE)
    assert len(lines) == 6
    assert lines[0] == lines[1] == ""
    assert "return" in lines[5]
    assert "&lt;" in lines[5]


def test_a_string_over_two_lines_is_closed_in_each() -> None:
    for line in highlighted_lines(SOURCE):
        assert line.count("<span") == line.count("</span>")


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), min_size=1, max_size=6))
def test_no_line_is_lost_or_added(lines: list[str]) -> None:
    """A last line without its end counts like one with it."""
    source = "\n".join([*lines, "last"])
    shown = highlighted_lines(source)
    assert len(shown) == len(lines) + 1
    assert re.sub(r"<[^>]*>", "", shown[-1]).endswith("last")
