"""A failed check points at a skill: the quizzes must hold a card for it, or the pointing is in vain."""

from __future__ import annotations

import re
from functools import cache

from curriculum.files import read_library
from labs.catalog_files import CATALOG, read_catalog

MODULES = {"transformer.wte", "transformer.drop", "vit.layernorm", "bert.embeddings"}
"""Parts of GPT-2, ViT and BERT that Hugging Face happens to name as a skill would be."""


@cache
def skills_of_questions() -> set[str]:
    return {question.skill for quiz in read_library().quizzes.values() for question in quiz.questions}


def test_every_skill_of_a_misconception_has_a_question() -> None:
    """A skill stands in a lab's code as a text such as "attention.scaling"; hardly another text looks like one."""
    rooms = "|".join({skill.partition(".")[0] for skill in skills_of_questions()})
    trusted = "".join(path.read_text() for path in CATALOG.glob("*/*.py"))
    named = set(re.findall(rf'"((?:{rooms})\.[a-z-]+)"', trusted))

    assert "attention.softmax-axis" in named
    assert named - skills_of_questions() - MODULES == set()


def test_every_skill_of_a_check_has_a_question() -> None:
    pointed_at = {check.skill for lab in read_catalog().labs for check in lab.entry.checks if check.skill}
    assert pointed_at - skills_of_questions() == set()
