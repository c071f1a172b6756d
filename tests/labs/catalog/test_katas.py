"""Every kata of the quizzes, judged: its solution passes the checks that it names, what it starts from does not."""

from __future__ import annotations

import pytest

from curriculum.quiz_reasoning import KataQuestion
from gpu_runner.protocol import Verdict, judging_files
from gpu_runner.supervisor.trial import Submission
from tests.curriculum.quizzes import QUIZZES
from tests.labs.catalog.choosing import LABS
from tests.labs.catalog.proving import failures, seed_of, spec_of, supervisor_with

KATAS = [question for questions in QUIZZES.values() for question in questions if isinstance(question, KataQuestion)]
FOLDERS = {spec_of(lab).id: lab for lab in LABS}

pytestmark = pytest.mark.sandbox


def judged(kata: KataQuestion, source: str) -> tuple[Verdict, list[str]]:
    lab = FOLDERS[kata.lab]
    files, checks = judging_files(lab), list(kata.checks) or None
    submission = Submission(files, source, checks, seed=seed_of(files, source))
    report = supervisor_with(tuple(sorted(spec_of(lab).preload))).judge(submission)
    return report.verdict, failures(report)


@pytest.mark.parametrize("kata", [kata for kata in KATAS if kata.solution], ids=lambda kata: kata.id)
def test_its_solution_passes(kata: KataQuestion) -> None:
    assert judged(kata, kata.solution) == (Verdict.PASSED, [])


@pytest.mark.parametrize("kata", [kata for kata in KATAS if kata.start], ids=lambda kata: kata.id)
def test_what_it_starts_from_does_not(kata: KataQuestion) -> None:
    verdict, failed = judged(kata, kata.start)
    assert verdict is Verdict.FAILED, failed
