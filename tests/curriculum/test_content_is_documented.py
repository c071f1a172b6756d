"""docs/content.md keeps up with the schema and with the content."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from curriculum.files import read_library
from curriculum.models import Question
from curriculum.quiz_schema import NumericQuestion

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "content.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", Question.Kind.values)
def test_every_kind_of_question_has_its_spec_described(kind: str) -> None:
    assert f"| `{kind}` |" in PAGE


def test_every_skill_in_use_is_listed() -> None:
    skills = {question.skill for quiz in read_library().quizzes.values() for question in quiz.questions}

    assert {skill for skill in skills if f"`{skill}`" not in PAGE} == set()


def test_the_example_of_a_parameterised_question_is_one() -> None:
    example = PAGE.split("```yaml\n")[1].split("```")[0]

    assert NumericQuestion.model_validate(yaml.safe_load(example)[0]).generator == "causal_pairs"
