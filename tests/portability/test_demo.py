"""`residual demo`: a made-up history that follows every rule of a real one, marked, and for no real account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from labs.models import Submission
from residual.accounts.models import User
from residual.portability.demo import account, coding, story, studying
from residual.portability.demo.account import EMAIL, DemoError
from residual.portability.demo.answers import right_answer
from residual.progress.models import Completion, Evidence
from residual.reviews import ledger
from residual.reviews.entries import replay
from residual.reviews.grading import grade
from residual.reviews.models import Card, ReviewLog
from tests.factories import make_activity, make_lab, make_paper, make_submission, make_user, make_week
from tests.factories_reviews import SPECS, make_question

pytestmark = pytest.mark.django_db
CHANCE = Random(1)  # noqa: S311  a story, not a secret
CHECKS = ("mean", "values", "constant-row", "input-untouched")


@pytest.fixture(autouse=True)
def _roadmap() -> None:
    """A quiz, a lab of the real catalogue and readings, so that some weeks have something to tell."""
    week, paper = make_week(1), make_paper("attention")
    for kind in SPECS:
        make_question(kind, paper, skill="attention.values")
    make_activity(week, "quiz", ref=paper.pk, paper=paper)
    for _ in range(3):
        make_activity(week, "reading")
    make_activity(week, "lab", ref=make_lab("standardise-rows", checks=CHECKS).pk)
    make_activity(week, "lab", released=False)


def told(weeks: int = 3, seed: int = 1) -> User:
    user = account.make("a pass phrase", timezone.now() - timedelta(weeks=weeks))
    story.tell(user, weeks=weeks, seed=seed)
    return user


def instants(user: User) -> Iterator[datetime]:
    """Every time that the history claims."""
    for model, fields in (
        (ReviewLog, ("at",)),
        (Submission, ("created_at", "started_at", "finished_at")),
        (Completion, ("created_at", "completed_at")),
        (Evidence, ("created_at", "consumed_at")),
    ):
        for row in model._default_manager.filter(user=user).values_list(*fields):
            yield from (at for at in row if at is not None)


def test_everything_happened_on_the_days_it_claims() -> None:
    user = told()
    when = list(instants(user))
    assert len(when) > 30
    assert min(when) > timezone.now() - timedelta(weeks=3, days=1)
    assert max(when) < timezone.now()
    assert len({at.date() for at in when}) > 10


def test_the_log_is_one_that_the_real_scheduler_wrote() -> None:
    user = told()
    cards = Card.objects.filter(user=user)
    assert cards.count() == len(SPECS)
    assert ReviewLog.objects.filter(user=user, kind="review", correct=True).exists()
    assert ReviewLog.objects.filter(user=user, kind="review", correct=False).exists()
    for card in cards:
        assert replay(ledger.entries(card)) == card.snapshot()


def test_labs_fail_as_the_catalogues_mistakes_do_and_pass_in_the_end() -> None:
    user = told()
    sent = Submission.objects.filter(user=user).order_by("created_at")
    assert [submission.verdict for submission in sent][-1] == "passed"
    assert all(submission.runner == "demo" and submission.finished for submission in sent)
    assert Completion.objects.filter(user=user, kind="lab", share=1).count() == 1


def test_a_known_mistake_fails_the_checks_that_its_first_line_names() -> None:
    user, lab = account.make("a pass phrase", timezone.now()), make_lab("other", checks=CHECKS)
    mistake = coding.Try("x = 1\n", frozenset({"values"}))
    submission = coding.submit(user, lab, mistake, timezone.now() - timedelta(days=1))
    assert submission.verdict == "failed"
    assert list(submission.results.filter(verdict="failed").values_list("cid", flat=True)) == ["values"]


def test_the_same_seed_tells_the_same_story() -> None:
    def outline(user: User) -> list[Any]:
        sent = Submission.objects.filter(user=user).order_by("created_at")
        return [(submission.source, submission.verdict, submission.created_at) for submission in sent]

    first = outline(told(seed=3))
    account.remove()
    assert outline(told(seed=3)) == first


def test_what_is_told_is_marked_on_every_page(client: Client) -> None:
    client.force_login(told(weeks=1))
    assert "this history is made up" in client.get("/").content.decode()
    client.force_login(make_user())
    assert "this history is made up" not in client.get("/").content.decode()


def test_a_real_account_is_left_alone() -> None:
    real = make_user(EMAIL)
    with pytest.raises(DemoError, match="not a demo"):
        account.make("a pass phrase", timezone.now())
    assert account.remove() is False
    for touch in (
        lambda: story.tell(real, weeks=1, seed=1),
        lambda: studying.review(real, CHANCE, timezone.now()),
        lambda: coding.submit(real, make_lab(), coding.Try("", frozenset()), timezone.now()),
    ):
        with pytest.raises(DemoError, match="real account"):
            touch()
    assert User.objects.filter(pk=real.pk, is_demo=False).exists()
    assert list(instants(real)) == []


def test_removing_forgets_the_demo_and_nobody_else() -> None:
    told(weeks=2)
    other = make_submission(make_user())
    assert account.remove() is True
    assert not User.objects.filter(is_demo=True).exists()
    assert list(Submission.objects.all()) == [other]
    assert not ReviewLog.objects.exists()
    assert account.remove() is False


def test_the_command_makes_one_says_how_to_log_in_and_removes_it(
    capsys: pytest.CaptureFixture[str], client: Client
) -> None:
    call_command("demo", weeks=1, password="correct-horse-battery")
    assert "residual demo --remove" in capsys.readouterr().out
    assert client.login(email=EMAIL, password="correct-horse-battery")
    with pytest.raises(CommandError, match="already"):
        call_command("demo", weeks=1)
    call_command("demo", remove=True)
    assert "gone" in capsys.readouterr().out
    with pytest.raises(CommandError, match="1 to 104"):
        call_command("demo", weeks=0)


@pytest.mark.parametrize("kind", sorted(set(SPECS) - {"self", "kata"}))
def test_a_demo_learner_who_knows_it_is_right(kind: str) -> None:
    assert grade(kind, SPECS[kind], right_answer(kind, SPECS[kind])).correct


def test_reviews_are_answered_at_the_evening_and_not_now() -> None:
    user = account.make("a pass phrase", datetime(2026, 1, 1, tzinfo=UTC))
    at = datetime(2026, 1, 2, 18, tzinfo=UTC)
    ended = studying.review(user, CHANCE, at)
    assert at <= ended <= at + timedelta(hours=1)
