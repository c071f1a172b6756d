"""On PostgreSQL many runners claim at once: every job once, and no learner over the limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.db import connection, connections, transaction
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from labs import events, queue
from labs.dispatch import Report
from labs.models import Submission
from tests.factories import make_lab, make_submission, make_user, report_json
from tests.postgres import postgres_database

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.usefixtures("database")]
RUNNERS = 8


@pytest.fixture(scope="module")
def migrated(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), postgres_database():
        yield


@pytest.fixture
def database(migrated: None) -> None:  # noqa: ARG001 - one migration for all tests here
    Submission.objects.all().delete()


def claim_all(name: str) -> list[Submission]:
    """What one runner gets before it gets nothing."""
    with closing(connections["default"]):
        got: list[Submission] = []
        while submission := queue.claim(name, ["check"], "full"):
            got.append(submission)
        return got


def claimed_by_many() -> list[Submission]:
    with ThreadPoolExecutor(RUNNERS) as pool:
        batches = pool.map(claim_all, [f"host-{number}" for number in range(RUNNERS)])
        return [submission for batch in batches for submission in batch]


def test_claims_are_single_fair_and_within_the_limit_whoever_asks(settings: Settings) -> None:
    assert connection.vendor == "postgresql"
    settings.RUNNING_PER_LEARNER = 3
    lab, learners = make_lab(), [make_user() for _ in range(6)]
    for learner in learners:
        for _ in range(5):
            make_submission(learner, lab)
    claimed = claimed_by_many()
    assert len({submission.pk for submission in claimed}) == len(claimed)
    assert Counter(submission.user_id for submission in claimed) == {learner.pk: 3 for learner in learners}
    assert Submission.objects.filter(status="running", attempt=1).count() == 18


def test_a_locked_submission_is_passed_over_and_not_waited_for() -> None:
    lab = make_lab()
    first, second = make_submission(lab=lab), make_submission(lab=lab)
    with transaction.atomic():
        Submission.objects.select_for_update().get(pk=first.pk)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(claim_all, "host").result(timeout=20) == [second]


def test_a_verdict_told_by_many_at_once_is_recorded_once() -> None:
    submission = make_submission(status="running", attempt=1)
    report = Report.model_validate(report_json("failed"))

    def tell(_number: int) -> str:
        with closing(connections["default"]):
            return events.record_verdict(submission.pk, 1, report).verdict

    with ThreadPoolExecutor(RUNNERS) as pool:
        assert list(pool.map(tell, range(RUNNERS))) == ["failed"] * RUNNERS
    submission.refresh_from_db()
    assert submission.revision == 1
