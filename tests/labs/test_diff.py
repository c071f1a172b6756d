"""A diff shows what went and what came, with line numbers, and hides no change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labs.diff import LONGEST, Line, compare

TEXTS = st.lists(st.sampled_from(["x = 1", "y = 2", "", "def f():", '"""', "z"]), max_size=12).map("\n".join)


@given(TEXTS, TEXTS)
def test_the_old_text_without_what_went_and_with_what_came_is_the_new_text(old: str, new: str) -> None:
    shown = compare(old, new).lines
    before, after = old.splitlines(), new.splitlines()
    assert [before[line.old - 1] for line in shown if line.kind == "removed" and line.old] == [
        text
        for number, text in enumerate(before, 1)
        if number in {line.old for line in shown if line.kind == "removed"}
    ]
    removed = {line.old for line in shown if line.kind == "removed"}
    added = {line.new for line in shown if line.kind == "added"}
    kept = [text for number, text in enumerate(before, 1) if number not in removed]
    assert kept == [text for number, text in enumerate(after, 1) if number not in added]


@given(TEXTS, TEXTS)
def test_every_line_is_shown_or_counted_as_hidden(old: str, new: str) -> None:
    shown = compare(old, new).lines
    hidden = sum(line.hidden for line in shown)
    assert sum(line.old is not None for line in shown) + hidden == len(old.splitlines())
    assert sum(line.new is not None for line in shown) + hidden == len(new.splitlines())


def test_far_from_a_change_lines_are_left_out() -> None:
    old = "\n".join(f"x{number} = 0" for number in range(100))
    shown = compare(old, old.replace("x50 = 0", "x50 = 1")).lines
    assert [(line.kind, line.hidden) for line in shown if line.hidden] == [("gap", 47), ("gap", 46)]
    assert [line.old for line in shown if line.kind == "same"] == [48, 49, 50, 52, 53, 54]


def test_lines_carry_their_numbers_and_colours_and_nothing_of_a_learners_markup() -> None:
    shown = compare("x = 1\n", "x = '<script>'\n").lines
    assert shown[0] == Line("removed", old=1, code=shown[0].code)
    assert "<script>" not in shown[1].code
    assert "&lt;script&gt;" in shown[1].code
    assert '<span class="' in shown[1].code


def test_the_same_text_has_no_difference() -> None:
    assert compare("x\n", "x\n").same


def test_texts_with_nothing_in_common_are_compared_at_once_however_long() -> None:
    """Matching line by line would take the square of their length."""
    old, new = ("\n".join(f"{name}{number}" for number in range(3 * LONGEST)) for name in "ab")
    found = compare(old, new)
    assert (found.added, found.removed) == (3 * LONGEST, 3 * LONGEST)
