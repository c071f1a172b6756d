"""Mutants are small, differ from the original, and are named so that other edits do not rename them."""

from __future__ import annotations

import ast

import pytest

from gpu_runner.mutants import mutants_of

SOURCE = '''
"""A docstring of 3 numbers: 1 + 1."""

import math


def scale(x: int = 1, factor: float = 2.0) -> float:
    """Scale."""
    if x < 0:
        raise ValueError("x < 0")
    x += 1
    return mix(x.sum(dim=-1), x, keepdim=True) / math.sqrt(factor)
'''


def changes(source: str) -> set[tuple[str, str]]:
    return {(mutant.before, mutant.after) for mutant in mutants_of(source)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("y = a + b", "y = a - b"),
        ("y = a // b", "y = a * b"),
        ("y = a < b", "y = a <= b"),
        ("y = a == b", "y = a != b"),
        ("y = a and b", "y = a or b"),
        ("y = not a", "y = a"),
        ("y = ~a", "y = a"),
        ("y = 3", "y = 4"),
        ("y = 0.5", "y = 1.0"),
        ("y = True", "y = False"),
        ("y = x.sum(dim=-1)", "y = x.sum(dim=-2)"),
        ("y = x.sum(dim=1)", "y = x.sum(dim=0)"),
        ("y = x.sum(dim=(1, 2))", "y = x.sum(dim=(0, 2))"),
        ("y = x.sum(dim=-1)", "y = x.sum()"),
        ("y = x.detach()", "y = x"),
        ("y = mix(a, b)", "y = mix(b, a)"),
        ("y = a if c else b", "y = b if c else a"),
        ("x.fill_(y)", "pass"),
        ("y += a", "pass"),
        ("y += a", "y -= a"),
    ],
)
def test_each_kind_of_change_is_made(before: str, after: str) -> None:
    assert (before, after) in changes(before + "\n")


def test_a_condition_is_shown_without_its_block() -> None:
    assert ("x < 0", "not x < 0") in changes(SOURCE)
    assert ("x < 0", "x <= 0") in changes(SOURCE)


def test_text_that_decides_nothing_is_left_alone() -> None:
    found = mutants_of(SOURCE)

    assert all("A docstring of 3 numbers: 1 + 1." in mutant.source for mutant in found)
    assert all("raise ValueError('x < 0')" in mutant.source for mutant in found)
    assert all("import math" in mutant.source for mutant in found)
    assert changes("y = x.transpose(1, 2)\n") == {
        ("y = x.transpose(1, 2)", "y = x.transpose(2, 2)"),
        ("y = x.transpose(1, 2)", "y = x.transpose(1, 3)"),
    }


def test_every_mutant_is_a_program_of_its_own() -> None:
    found = mutants_of(SOURCE)

    assert len(found) == len({mutant.source for mutant in found}) > 8
    assert ast.unparse(ast.parse(SOURCE)) not in {mutant.source.strip() for mutant in found}
    for mutant in found:
        ast.parse(mutant.source)


def test_a_mutants_name_survives_edits_elsewhere() -> None:
    longer = "import os\n\n\ndef first():\n    return os\n\n\n" + SOURCE.strip().partition("\n\n")[2]

    names = {mutant.name for mutant in mutants_of(SOURCE)}
    assert names <= {mutant.name for mutant in mutants_of(longer)}
    assert ("scale", "x += 1", "pass") in names
