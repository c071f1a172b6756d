"""Every kind of question: what is right, what is wrong, and what is said about it."""

from __future__ import annotations

from typing import Any

import pytest

from residual.reviews.grading import KINDS, Unreadable, grade, is_machine_graded, right_answer
from tests.factories_reviews import RIGHT, SPECS, WRONG

GRADED = sorted(RIGHT)


def judged(kind: str, given: dict[str, Any], **changes: Any) -> tuple[bool, tuple[str, ...]]:
    verdict = grade(kind, SPECS[kind] | changes, given)
    return verdict.correct, verdict.notes


@pytest.mark.parametrize("kind", GRADED)
def test_a_right_answer_is_right_and_gets_no_note(kind: str) -> None:
    assert judged(kind, RIGHT[kind]) == (True, ())


@pytest.mark.parametrize("kind", GRADED)
def test_a_foreseeable_wrong_answer_gets_its_own_note(kind: str) -> None:
    correct, notes = judged(kind, WRONG[kind])
    assert not correct
    assert notes


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_shows_its_right_answer(kind: str) -> None:
    assert right_answer(kind, SPECS[kind])


def test_only_self_graded_questions_are_left_to_the_learner() -> None:
    assert [kind for kind in sorted(KINDS) if not is_machine_graded(kind)] == ["self"]


@pytest.mark.parametrize(
    "text",
    [
        "67108864",
        "67 108 864",
        "67\u202f108\u202f864",
        "6.7108864e7",
        "2*16*1024^2*2",
        "2 × 16 × 1024² × 2".replace("²", "**2"),
    ],
)
def test_a_number_may_be_written_in_many_ways(text: str) -> None:
    assert judged("numeric", {"text": text})[0]


@pytest.mark.parametrize(
    ("text", "right"), [("66437776", True), ("67779952", True), ("66400000", False), ("67900000", False)]
)
def test_a_number_is_right_within_its_tolerance(text: str, *, right: bool) -> None:
    assert judged("numeric", {"text": text})[0] is right


def test_a_number_without_tolerance_must_be_exact() -> None:
    assert judged("numeric", {"text": "4"}, answer=4, rtol=0)[0]
    assert not judged("numeric", {"text": "4.0000001"}, answer=4, rtol=0)[0]


@pytest.mark.parametrize(
    "text",
    [
        "(2, 8, 17, 23)",
        "2 8 17 23",
        "[2,8,17,23]",
        "2, 8, 17, 23,",
        "torch.Size([2, 8, 17, 23])",
        "(2, 4*2, 17, 23)",
        "2×8×17×23",
    ],
)
def test_a_shape_may_be_written_in_many_ways(text: str) -> None:
    assert judged("shape", {"text": text})[0]


@pytest.mark.parametrize("text", ["(2, 8, 17)", "(2, 8, 23, 17)", "2 8 17 23 1", "()"])
def test_another_shape_is_wrong(text: str) -> None:
    assert not judged("shape", {"text": text})[0]


def test_named_sizes_are_compared_with_their_case() -> None:
    assert judged("shape", {"text": "(B, h, T, T)"}, answer=["B", "h", "T", "T"])[0]
    assert not judged("shape", {"text": "(b, h, T, T)"}, answer=["B", "h", "T", "T"])[0]


@pytest.mark.parametrize("text", ["()", "[]"])
def test_a_scalar_has_the_empty_shape(text: str) -> None:
    assert judged("shape", {"text": text}, answer=[])[0]


@pytest.mark.parametrize("text", ["x*sqrt(d_k)", "sqrt(d_k*x*x)", "exp(log(d_k)/2)*x", "d_k * x / d_k^0.5"])
def test_a_formula_is_right_however_it_is_written(text: str) -> None:
    assert judged("expression", {"text": text})[0]


def test_multiple_choice_needs_every_right_option_and_no_other() -> None:
    assert not judged("multiple", {"chosen": ["a"]})[0]
    assert judged("multiple", {"chosen": ["b"]}) == (False, ("Queries too.",))


def test_a_cloze_names_the_blank_that_was_wrong() -> None:
    verdict = grade("cloze", SPECS["cloze"], {"blanks": {"c1": "a", "c2": "noise"}})
    assert verdict.wrong == ("c1",)


HOSTILE = [
    "", " ", "9" * 201, "\x00", "4\u202e2", "abc", "__import__('os')", "9**9**9", "1e999", "nan", "inf", "٤", "４",
    "1,024", "[].append(1)", "lambda: 4", "(" * 150, "4;4", "x", "1 if 1 else 2", "'4'", "True", "4j", "1/0",
    "exp(exp(exp(9)))",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["numeric", "expression"])
def test_what_can_not_be_computed_is_unreadable_and_not_wrong(kind: str, text: str) -> None:
    if kind == "expression" and text in {"x", "nan"}:
        text = "y"
    if kind == "expression" and text in {"9**9**9", "1e999", "1/0", "exp(exp(exp(9)))"}:
        assert not judged(kind, {"text": text})[0]  # a formula without a value agrees with no answer
        return
    with pytest.raises(Unreadable):
        judged(kind, {"text": text})


@pytest.mark.parametrize(
    "text",
    ["", "(٢, 8)", "2.5 8", "(2, 1/3)", "__import__('os')", "2,,8", "(2, 9**9**9)", "9" * 201, "\x00", "(2, 8, T, 23)"],
)
def test_an_odd_shape_is_unreadable_and_not_wrong(text: str) -> None:
    with pytest.raises(Unreadable):
        judged("shape", {"text": text})


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("choice", {}),
        ("choice", {"chosen": "z"}),
        ("choice", {"chosen": ["b"]}),
        ("multiple", {"chosen": []}),
        ("multiple", {"chosen": "ab"}),
        ("multiple", {"chosen": ["a", 1]}),
        ("multiple", {"chosen": ["a", "z"]}),
        ("numeric", {"text": 4}),
        ("cloze", {"blanks": {"c1": "sqrt(a)"}}),
        ("cloze", {"blanks": []}),
        ("cloze", {"blanks": {"c1": "import os", "c2": "noise"}}),
        ("ordering", {"places": {"scale": "1", "mask": "1", "softmax": "3"}}),
        ("ordering", {"places": {"scale": "1", "mask": "2"}}),
        ("ordering", {"places": {"scale": "1", "mask": "2", "softmax": "٣"}}),
        ("ordering", {"places": ["scale", "mask", "softmax"]}),
    ],
)
def test_a_malformed_answer_is_unreadable_and_not_wrong(kind: str, answer: dict[str, Any]) -> None:
    with pytest.raises(Unreadable) as problem:
        judged(kind, answer)
    assert str(problem.value).endswith(".")
