"""Every "spot the bug" is run as it stands and as it is repaired: the first fails its proof, the second passes."""

from __future__ import annotations

import pytest

from curriculum.quiz_reasoning import BugQuestion
from tests.curriculum.quizzes import QUIZZES

BUGS = [question for questions in QUIZZES.values() for question in questions if isinstance(question, BugQuestion)]


def run(code: str) -> None:
    exec(compile(code, "<quiz>", "exec"), {"__name__": "quiz"})  # noqa: S102 - snippets of our own content, in tests alone


def test_there_are_some() -> None:
    assert len(BUGS) >= 2


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.id)
def test_the_code_as_it_stands_runs_and_fails_its_proof(bug: BugQuestion) -> None:
    run(bug.code)
    with pytest.raises(AssertionError):
        run(f"{bug.code}\n{bug.proof}")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.id)
def test_the_repaired_code_passes(bug: BugQuestion) -> None:
    run(f"{bug.repaired()}\n{bug.proof}")
