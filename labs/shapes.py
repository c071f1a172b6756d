"""Two shapes beside each other, axis by axis: which one differs, which is missing, which is too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from django.utils.translation import gettext as _

MOST_AXES: Final = 12


@dataclass(frozen=True, slots=True)
class AxisPair:
    """One column of the comparison; an empty size means that this side lacks the axis."""

    name: str
    expected: str
    got: str
    note: str = ""  # what is wrong, in words; empty where both sides agree


def read_shapes(details: Mapping[str, Any]) -> list[AxisPair]:
    """The shapes of a check that failed for its shape; nothing for any other check."""
    expected, got = (_sizes(details.get(key)) for key in ("expected", "got"))
    axes = details.get("axes")
    if expected is None or got is None or not isinstance(axes, list) or len(axes) != len(expected):
        return []
    names = [str(axis.get("name", "?"))[:40] if isinstance(axis, dict) else "?" for axis in axes]
    return align(names, expected, got, _known_sizes(details))


def align(
    names: Sequence[str], expected: Sequence[int], got: Sequence[int], known: Mapping[int, str]
) -> list[AxisPair]:
    """Put equal sizes below each other. Sizes of one check are distinct, so an equal size is most likely the same axis.

    `known` names sizes that belong to other axes of the check.
    """
    if len(expected) == len(got):
        return [_pair(name, wanted, mine, known) for name, wanted, mine in zip(names, expected, got, strict=True)]
    pairs: list[AxisPair] = []
    for tag, e0, e1, g0, g1 in SequenceMatcher(a=expected, b=got, autojunk=False).get_opcodes():
        both = min(e1 - e0, g1 - g0) if tag in {"equal", "replace"} else 0
        pairs += [_pair(names[e0 + i], expected[e0 + i], got[g0 + i], known) for i in range(both)]
        pairs += [AxisPair(names[i], str(expected[i]), "", _("missing")) for i in range(e0 + both, e1)]
        pairs += [AxisPair(_named(got[i], known), "", str(got[i]), _("too many")) for i in range(g0 + both, g1)]
    return pairs


def _pair(name: str, expected: int, got: int, known: Mapping[int, str]) -> AxisPair:
    if expected == got:
        return AxisPair(name, str(expected), str(got))
    other = known.get(got, "")
    note = _("differs: %(size)s is the size of %(axis)s") % {"size": got, "axis": other} if other else _("differs")
    return AxisPair(name, str(expected), str(got), note)


def _named(size: int, known: Mapping[int, str]) -> str:
    return known.get(size, "?")


def _sizes(value: Any) -> list[int] | None:
    if not isinstance(value, list) or len(value) > MOST_AXES or any(type(size) is not int for size in value):
        return None
    return value


def _known_sizes(details: Mapping[str, Any]) -> dict[int, str]:
    """Axis names by size, as the check drew them."""
    inputs = details.get("inputs")
    sizes = inputs.get("sizes") if isinstance(inputs, dict) else None
    if not isinstance(sizes, dict):
        return {}
    return {size: str(name)[:40] for name, size in sizes.items() if type(size) is int}
