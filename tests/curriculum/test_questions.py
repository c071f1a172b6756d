"""A question asked once: numbers filled in, answer at hand, the same for the same seed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from curriculum.models import Question
from curriculum.questions import Spec, field_names, fill, instance, normalise
from curriculum.sync import sync


@dataclass
class Card:
    prompt_html: str = "<p>How many of {S} × {S} pairs?</p>"
    explanation_html: str = "<p>With {S}.</p>"
    spec: Spec = field(
        default_factory=lambda: {
            "generator": "causal_pairs",
            "notes": {"no_diagonal": "a {S}", "all_pairs": "b", "half_square": "c"},
            "rtol": 0,
            "atol": 0,
            "unit": "",
        }
    )


def test_the_drawn_numbers_stand_in_prompt_explanation_answer_and_notes() -> None:
    asked = instance(Card(), seed=7)
    size = int(re.search(r"of (\d+)", asked.prompt_html)[1])  # type: ignore[index]  # there is a number, or the test fails

    assert asked.explanation_html == f"<p>With {size}.</p>"
    assert asked.spec["answer"] == size * (size + 1) // 2
    assert {"answer": size * (size - 1) // 2, "note_html": f"a {size}"} in asked.spec["notes"]
    assert "generator" not in asked.spec


def test_the_same_seed_asks_the_same_and_another_seed_something_else() -> None:
    assert instance(Card(), seed=3) == instance(Card(), seed=3)
    assert instance(Card(), seed=3) != instance(Card(), seed=4)


def test_a_question_without_a_generator_is_always_the_same() -> None:
    card = Card(prompt_html="<p>{S}</p>", spec={"answer": 4, "notes": []})

    assert instance(card, seed=1) == instance(card, seed=2)
    assert instance(card, seed=1).prompt_html == "<p>{S}</p>"


def test_what_is_filled_in_is_escaped() -> None:
    assert fill("<b>{x}</b> {y} {}", {"x": "<script>"}) == "<b>&lt;script&gt;</b> {y} {}"


def test_braces_of_a_formula_are_no_fields() -> None:
    assert field_names("{B} and $\\frac{a}{b}$ and `({h}, 1)`") == {"B", "h"}


@pytest.mark.parametrize("text", ["  Decoder ", "decoder", "DE\u2011coder".replace("\u2011", ""), "decoder\n"])
def test_words_are_compared_without_case_and_blanks(text: str) -> None:
    assert normalise(text) == "decoder"


@pytest.mark.django_db
def test_every_question_in_the_database_can_be_asked() -> None:
    sync(datetime(2026, 1, 5, tzinfo=UTC))

    for question in Question.objects.live():
        asked = instance(question, seed=1)
        notes = "".join(note["note_html"] for note in asked.spec.get("notes", []))
        assert not re.search(r"\{[A-Za-z]", asked.prompt_html + asked.explanation_html + notes), question.id
        if question.kind == Question.Kind.CLOZE:
            assert all(f"[[{blank['id']}]]" in asked.prompt_html for blank in asked.spec["blanks"])
        if question.kind in (Question.Kind.NUMERIC, Question.Kind.SHAPE, Question.Kind.EXPRESSION):
            assert asked.spec["answer"]
            assert isinstance(asked.spec["notes"], list)
