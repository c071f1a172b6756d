"""Two texts side by side in one column: what went, what came, and enough around it to know where one is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from django.utils.safestring import SafeString

from labs.changed_words import mark_changes
from residual.ui.highlight import highlighted_lines

CONTEXT: Final = 3  # unchanged lines shown around a change
LONGEST: Final = 2000  # lines that are matched one by one; matching takes the square of it at worst
type_op = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One row. `kind` is same, removed, added, or gap: then `hidden` unchanged lines are left out here."""

    kind: str
    old: int | None = None
    new: int | None = None
    code: str = ""  # HTML
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Diff:
    lines: tuple[Line, ...]
    added: int
    removed: int

    @property
    def same(self) -> bool:
        return not self.added and not self.removed


def compare(old: str, new: str) -> Diff:
    """The lines of `old` and `new`, coloured as Python; runs of more than two contexts of equal lines are cut."""
    before, after = old.splitlines(), new.splitlines()
    ops, left, right = _ops(before, after), highlighted_lines(old), highlighted_lines(new)
    _mark_words(ops, before, after, left, right)
    rows = tuple(_rows(ops, left, right))
    kinds = [row.kind for row in rows]
    return Diff(rows, kinds.count("added"), kinds.count("removed"))


def _mark_words(
    ops: Sequence[type_op], before: Sequence[str], after: Sequence[str], old: list[SafeString], new: list[SafeString]
) -> None:
    """In place: lines that took each other's place, in order, show which of their words differ."""
    for tag, a, b, c, d in ops:
        if tag == "replace":
            for left, right in zip(range(a, b), range(c, d), strict=False):
                old[left], new[right] = mark_changes(before[left], after[right], old[left], new[right])


def _ops(before: Sequence[str], after: Sequence[str]) -> list[type_op]:
    """difflib's opcodes of what lies between the common head and tail; one big replacement where that is too long."""
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    left, right = before[head : len(before) - tail], after[head : len(after) - tail]
    ops: list[type_op] = [("equal", 0, head, 0, head)] if head else []
    if max(len(left), len(right)) > LONGEST:
        ops.append(("replace", head, head + len(left), head, head + len(right)))
    else:
        found = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
        ops += [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in found]
    if tail:
        ops.append(("equal", len(before) - tail, len(before), len(after) - tail, len(after)))
    return ops


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def _rows(ops: Sequence[type_op], old: Sequence[SafeString], new: Sequence[SafeString]) -> Iterator[Line]:
    for at, (tag, a, b, c, d) in enumerate(ops):
        if tag == "equal":
            yield from _unchanged(range(a, b), c - a, new, opens=at > 0, closes=at < len(ops) - 1)
            continue
        yield from (Line("removed", old=line + 1, code=old[line]) for line in range(a, b))
        yield from (Line("added", new=line + 1, code=new[line]) for line in range(c, d))


def _unchanged(lines: range, shift: int, new: Sequence[SafeString], *, opens: bool, closes: bool) -> Iterator[Line]:
    """Equal lines: what follows a change, a gap, and what leads to the next change."""
    follow = lines[:CONTEXT] if opens else lines[:0]
    lead = lines[max(len(lines) - CONTEXT, len(follow)) :] if closes else lines[:0]
    hidden = len(lines) - len(follow) - len(lead)
    rows = [Line("same", line + 1, line + shift + 1, new[line + shift]) for line in lines]
    yield from rows[: len(follow)]
    if hidden == 1:
        yield rows[len(follow)]
    elif hidden:
        yield Line("gap", hidden=hidden)
    yield from rows[len(rows) - len(lead) :] if lead else []
