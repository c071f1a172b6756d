"""What a judged submission is worth."""

from __future__ import annotations

import pytest

from labs import credit, queries, services
from labs.models import Lab, LabCheck
from residual.accounts.models import User
from residual.progress.models import Completion, Evidence
from residual.progress.queries import LabStep
from tests.factories import SOURCE, check_json, make_check, make_lab, make_submission, make_user, report_json
from tests.labs.fake_runner import FakeRunner

pytestmark = pytest.mark.django_db


def lab_of(user: User) -> Completion:
    return Completion.objects.get(user=user, kind="lab")


def test_a_full_pass_completes_the_lab_and_names_the_submission(runner: FakeRunner) -> None:
    submission = make_submission()
    runner.judge(shapes="passed", values="passed")
    done = lab_of(submission.user)
    assert (done.ref, done.share, done.assisted) == (submission.lab_id, 1.0, False)
    assert done.source == f"submission:{submission.pk}"


def test_behavioural_checks_passed_so_far_earn_their_part_of_half_the_lab(runner: FakeRunner) -> None:
    submission = make_submission()
    runner.judge(shapes="passed", values="failed")
    assert lab_of(submission.user).share == 0.25


def test_partial_credit_adds_up_over_submissions_and_never_falls(runner: FakeRunner) -> None:
    user, lab = make_user(), make_lab(checks=("a", "b", "c", "d"))
    shares = []
    for verdicts in ({"a": "passed", "b": "failed"}, {"a": "failed", "b": "passed"}, {"a": "failed", "b": "failed"}):
        make_submission(user, lab)
        runner.judge(**verdicts)
        shares.append(lab_of(user).share)
    assert shares == [0.125, 0.25, 0.25]


def test_a_check_that_the_starter_passes_earns_nothing(runner: FakeRunner) -> None:
    lab = make_lab(checks=("values",))
    make_check(lab, "policy", evidence="policy", behavioural=False)
    make_submission(lab=lab)
    runner.judge(policy="passed", values="failed")
    assert not Completion.objects.exists()


def test_passing_some_chosen_checks_is_partial_credit_and_no_pass(runner: FakeRunner) -> None:
    user = make_user()
    services.submit(user, make_lab(), SOURCE, checks=["shapes"])
    runner.judge(shapes="passed")
    assert lab_of(user).share == 0.25


@pytest.mark.parametrize("evidence", ["observed", "policy"])
def test_no_lab_passes_on_observed_or_policy_checks_alone(runner: FakeRunner, evidence: str) -> None:
    submission = make_submission()
    runner.claim()
    runner.verdict(submission.pk, report_json("passed", {**check_json("values"), "evidence": evidence}))
    assert not Completion.objects.filter(share=1).exists()


def test_a_report_that_says_passed_without_a_check_completes_nothing(runner: FakeRunner) -> None:
    submission = make_submission()
    runner.claim()
    runner.verdict(submission.pk, report_json("passed"))
    assert not Completion.objects.exists()


def test_after_giving_up_a_pass_is_assisted(runner: FakeRunner) -> None:
    user, lab = make_user(), make_lab()
    services.give_up(user, lab)
    services.submit(user, lab, SOURCE)
    runner.judge(shapes="passed", values="passed")
    assert lab_of(user).assisted


def test_giving_up_after_a_pass_changes_nothing(runner: FakeRunner) -> None:
    user, lab = make_user(), make_lab()
    services.submit(user, lab, SOURCE)
    runner.judge(shapes="passed", values="passed")
    services.give_up(user, lab)
    services.submit(user, lab, SOURCE)
    runner.judge(shapes="passed", values="passed")
    assert not lab_of(user).assisted


def test_a_failed_check_points_at_its_skill(runner: FakeRunner) -> None:
    submission = make_submission(lab=make_lab("attention-lab"))
    runner.judge(shapes="passed", values="failed")
    evidence = Evidence.objects.get(user=submission.user)
    assert (evidence.skill, evidence.reason) == ("attention.values", "attention-lab failed “The values are right”")


def test_a_crash_is_no_evidence_about_a_skill(runner: FakeRunner) -> None:
    make_submission()
    runner.judge(shapes="crash", values="error")
    assert not Evidence.objects.exists()


def test_checks_that_left_the_lab_no_longer_earn(runner: FakeRunner) -> None:
    user, lab = make_user(), make_lab()
    make_submission(user, lab)
    runner.judge(shapes="passed", values="failed")
    LabCheck.objects.filter(cid="shapes").update(retired_at="2026-11-01T00:00:00Z")
    assert credit.partial_share(user.pk, lab.pk) == 0
    assert lab_of(user).share == 0.25


def next_step(user: User, lab: Lab) -> LabStep | None:
    return queries.lab_steps(user).get(lab.pk)


def test_the_next_step_is_the_first_open_check_and_what_it_brings(runner: FakeRunner) -> None:
    user, lab = make_user(), make_lab()
    assert next_step(user, lab) == LabStep("The shapes are right", 0.25)
    make_submission(user, lab)
    runner.judge(shapes="passed", values="failed")
    assert next_step(user, lab) == LabStep("The values are right", 1.0)
    make_submission(user, lab)
    runner.judge(shapes="passed", values="passed")
    assert next_step(user, lab) is None
