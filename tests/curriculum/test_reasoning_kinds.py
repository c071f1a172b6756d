"""Contrasts, changes, claims, bugs and katas that could not be graded or would teach nothing are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from curriculum.quiz_reasoning import BugQuestion, ClaimQuestion, ContrastQuestion, KataQuestion, WhatIfQuestion
from curriculum.quiz_rows import question_columns

COMMON = {"id": "q", "skill": "s", "source": "§1", "prompt": "Which?", "explanation": "Because."}
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |"
OPTIONS: list[dict[str, Any]] = [
    {"id": "a", "text": "more", "correct": True},
    {"id": "b", "text": "less", "note": "It says more."},
]
CODE = "def f(x):\n    return x < 0\n"
SOUND: dict[Any, dict[str, Any]] = {
    ContrastQuestion: {
        "kind": "contrast",
        "first": "x",
        "second": "y",
        "statements": [{"id": "a", "text": "one", "holds": "first"}, {"id": "b", "text": "two", "holds": "both"}],
    },
    WhatIfQuestion: {
        "kind": "what_if",
        "effects": [{"id": "a", "text": "one", "becomes": "larger"}, {"id": "b", "text": "two", "becomes": "same"}],
    },
    ClaimQuestion: {"kind": "claim", "table": TABLE, "options": OPTIONS},
    BugQuestion: {
        "kind": "bug",
        "code": CODE,
        "line": 2,
        "repair": "    return x > 0",
        "proof": "assert f(1)",
        "notes": [{"line": 1, "note": "A name is no bug."}],
    },
    KataQuestion: {"kind": "kata", "lab": "a-lab", "checks": ["values"], "minutes": 5, "solution": CODE},
}
BROKEN: list[tuple[Any, dict[str, Any], str]] = [
    (ContrastQuestion, {"statements": SOUND[ContrastQuestion]["statements"][1:]}, "at least 2"),
    (
        ContrastQuestion,
        {"statements": [{"id": name, "text": "t", "holds": "both"} for name in "ab"]},
        "nothing is contrasted",
    ),
    (WhatIfQuestion, {"effects": [{"id": name, "text": "t", "becomes": "same"} for name in "ab"]}, "the same way"),
    (ClaimQuestion, {"table": "no table"}, "no Markdown table"),
    (ClaimQuestion, {"options": [OPTIONS[0], {**OPTIONS[1], "correct": True}]}, "exactly one of the claims"),
    (BugQuestion, {"line": 3}, "has 2 lines"),
    (BugQuestion, {"repair": "    return x < 0"}, "repaired one already"),
    (KataQuestion, {"core": True}, "not core"),
    (KataQuestion, {"solution": ""}, "a solution with the checks"),
    (KataQuestion, {"checks": []}, "a whole lab has its own"),
    (BugQuestion, {"notes": [{"line": 2, "note": "n"}]}, "describes the right line"),
]


@pytest.mark.parametrize("kind", SOUND, ids=lambda kind: kind.__name__)
def test_a_sound_one_becomes_a_row(kind: type) -> None:
    columns = question_columns(kind(**COMMON, **SOUND[kind]))
    assert columns["kind"] == SOUND[kind]["kind"]
    assert "proof" not in columns["spec"]


@pytest.mark.parametrize(("kind", "change", "message"), BROKEN, ids=[f"{k.__name__}-{m}" for k, _, m in BROKEN])
def test_a_broken_one_is_refused(kind: type, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        kind(**COMMON, **SOUND[kind] | change)


def test_a_repair_replaces_one_line_and_leaves_the_rest() -> None:
    assert BugQuestion(**COMMON, **SOUND[BugQuestion]).repaired() == "def f(x):\n    return x > 0\n"


def test_the_table_of_a_claim_stands_in_its_prompt() -> None:
    source = question_columns(ClaimQuestion(**COMMON, **SOUND[ClaimQuestion]))["prompt_html"]
    assert source.text == f"Which?\n\n{TABLE}"
