"""A recognised mistake says which skill is missing, and that skill's card comes due."""

from __future__ import annotations

from typing import Any

import pytest

from labs.models import CheckResult
from residual.progress.models import Evidence
from residual.reviews.models import ReviewLog
from residual.reviews.queries import due
from residual.reviews.services import take_up_evidence
from tests.factories import check_json, make_check, make_lab, make_submission, make_user, report_json
from tests.factories_reviews import make_card, make_question
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import report_of
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db
MISTAKE = {"id": "unscaled", "text": "attention without 1/√d", "distance": 2e-7}


def fail(runner: FakeRunner, *misconceptions: Any) -> None:
    """Let as many checks fail, each with what was recognised."""
    lab = make_lab("attention-lab", checks=tuple(f"check-{at}" for at in range(len(misconceptions))))
    submission = make_submission(lab=lab)
    runner.claim()
    details = [{"misconception": found} if found else {} for found in misconceptions]
    checks = [check_json(f"check-{at}", "failed", details=found) for at, found in enumerate(details)]
    runner.verdict(submission.pk, report_json("failed", *checks))


def skills() -> list[str]:
    return list(Evidence.objects.order_by("pk").values_list("skill", flat=True))


def test_the_mistakes_skill_goes_before_the_checks(runner: FakeRunner) -> None:
    fail(runner, {**MISTAKE, "skill": "attention.scaling"})
    evidence = Evidence.objects.get()
    assert evidence.skill == "attention.scaling"
    assert evidence.reason == "attention-lab failed “The check-0 are right”: attention without 1/√d"


@pytest.mark.parametrize(
    "found",
    [None, MISTAKE, {**MISTAKE, "skill": ""}, {**MISTAKE, "skill": ["x"]}, {"skill": "no skill!"}, "unscaled"],
    ids=["nothing", "no skill", "empty", "a list", "odd", "a text"],
)
def test_without_one_it_is_the_checks_own(runner: FakeRunner, found: Any) -> None:
    fail(runner, found)
    assert skills() == ["attention.check-0"]


def test_two_checks_that_fail_for_one_reason_are_one_piece_of_evidence(runner: FakeRunner) -> None:
    told = {**MISTAKE, "skill": "attention.scaling"}
    fail(runner, told, told)
    assert skills() == ["attention.scaling"]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("wrong", "skill"),
    [("unscaled", "attention.scaling"), ("softmax_over_heads", "attention.softmax-axis")],
)
def test_the_attention_lab_makes_the_right_card_due(runner: FakeRunner, wrong: str, skill: str) -> None:
    folder = CATALOG / "scaled-dot-product-attention"
    report = report_of(folder, folder / f"wrong/{wrong}.py").model_dump(mode="json")
    lab = make_lab(folder.name, checks=())
    make_check(lab, "values", skill="attention.shapes")  # not what these mistakes are about
    learner = make_user()
    cards = [make_card(learner, make_question(skill=name)) for name in (skill, "attention.shapes")]
    submission = make_submission(learner, lab)
    runner.claim()

    assert runner.verdict(submission.pk, report).status_code == 200
    assert CheckResult.objects.get(cid="values").details["misconception"]["skill"] == skill
    assert take_up_evidence(learner) == 1
    pointed = ReviewLog.objects.get(kind="evidence")
    assert pointed.card == cards[0]
    assert pointed.card in due(learner)
