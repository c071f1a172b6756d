"""Who comes next: the learner with the fewest running, then the oldest; nobody has more than a few running."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from labs import queue
from labs.models import Runner, Submission
from labs.queries import queue_position, sandbox_level
from residual.accounts.models import User
from tests.factories import make_lab, make_submission, make_user

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _two_each(settings: Settings) -> None:
    settings.RUNNING_PER_LEARNER = 2


def submitted(user: User, *minutes: int) -> list[Submission]:
    lab = make_lab()
    return [make_submission(user, lab, created_at=START + timedelta(minutes=minute)) for minute in minutes]


def finish(*submissions: Submission | None) -> None:
    Submission.objects.filter(pk__in=[entry.pk for entry in submissions if entry]).update(status="done")


def claim(lanes: tuple[str, ...] = ("check",)) -> Submission | None:
    return queue.claim("host-1", lanes, "full")


def test_fifty_submissions_of_one_learner_do_not_keep_anothers_first_waiting() -> None:
    eager, late = make_user(), make_user()
    many = submitted(eager, *range(50))
    (one,) = submitted(late, 60)
    assert [claim(), claim()] == [many[0], one]


def test_more_busy_learners_than_places_do_not_keep_anothers_first_waiting() -> None:
    """With nothing running at the moment of a claim, age alone would serve the hundred older ones first."""
    busy, other, late = make_user(), make_user(), make_user()
    submitted(busy, *range(50))
    submitted(other, *range(50))
    finish(claim(), claim())
    (one,) = submitted(late, 60)
    assert claim() == one


def test_learners_take_turns_however_quickly_each_is_judged() -> None:
    submitted(make_user(), 0, 1, 2)
    submitted(make_user(), 10, 11, 12)
    turns = []
    while submission := claim():
        turns.append(submission.user_id)
        finish(submission)
    assert turns == turns[:2] * 3
    assert len(set(turns)) == 2


def test_among_equals_the_oldest_comes_first() -> None:
    first, second = make_user(), make_user()
    (younger,) = submitted(first, 10)
    (older,) = submitted(second, 5)
    assert [claim(), claim()] == [older, younger]


def test_a_learner_never_has_more_running_than_allowed() -> None:
    user = make_user()
    waiting = submitted(user, 0, 1, 2)
    assert [claim(), claim(), claim()] == [waiting[0], waiting[1], None]
    Submission.objects.filter(pk=waiting[0].pk).update(status="done")
    assert claim() == waiting[2]


def test_a_claim_takes_a_lease_and_counts_the_attempt() -> None:
    (submission,) = submitted(make_user(), 0)
    claimed = claim()
    assert claimed == submission
    assert claimed is not None
    assert (claimed.status, claimed.attempt, claimed.runner) == ("running", 1, "host-1")
    assert claimed.lease_expires_at is not None
    assert claimed.started_at is not None


def test_a_runner_gets_only_jobs_of_its_lanes() -> None:
    training = make_submission(lab=make_lab(lane="train"))
    assert claim(("check", "gpu")) is None
    assert claim(("train",)) == training


def test_a_runner_below_the_level_that_the_site_demands_gets_nothing_but_is_seen(settings: Settings) -> None:
    settings.MIN_SANDBOX_LEVEL = "full"
    submitted(make_user(), 0)
    with pytest.raises(queue.WeakSandboxError, match="level is namespaces; this site demands full"):
        queue.claim("host-1", ["check"], "namespaces")
    assert not Submission.objects.filter(status="running").exists()
    assert sandbox_level() == "namespaces"


def test_the_level_shown_is_the_weakest_of_all_runners(settings: Settings) -> None:
    settings.MIN_SANDBOX_LEVEL = "unsafe-local"
    for number, level in enumerate(["full", "unsafe-local", "namespaces"]):
        queue.claim(f"host-{number}", ["check"], level)
    assert sandbox_level() == "unsafe-local"


def test_asking_often_does_not_write_the_runner_often(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    claim()
    seen = Runner.objects.get().seen_at
    with django_assert_max_num_queries(4):
        claim()
    assert Runner.objects.get().seen_at == seen


def test_claiming_takes_as_many_queries_for_many_waiting_as_for_few() -> None:
    counts = []
    for learners in (2, 10):
        for _ in range(learners):
            submitted(make_user(), *range(5))
        claim()
        with CaptureQueriesContext(connection) as queries:
            assert claim() is not None
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_learners_without_a_free_place_cost_a_claim_nothing() -> None:
    for _ in range(10):
        user = make_user()
        submitted(user, 0)
        for _ in range(2):
            make_submission(user, status="running")
    with CaptureQueriesContext(connection) as queries:
        assert claim() is None
    assert sum('FROM "labs_submission"' in query["sql"] for query in queries) == 1


def test_the_position_shown_is_the_order_of_the_claims() -> None:
    eager, late = make_user(), make_user()
    many = submitted(eager, 0, 1, 2)
    (one,) = submitted(late, 9)
    assert [queue_position(entry) for entry in (*many, one)] == [1, 3, 4, 2]
    claim()
    many[0].refresh_from_db()
    assert queue_position(many[0]) is None
    assert queue_position(one) == 1
    finish(*many[:1])
    assert queue_position(one) == 1  # the other learner had a turn already
    assert claim() == one


def test_positions_are_counted_for_each_lane_apart() -> None:
    checking, training = make_submission(), make_submission(lab=make_lab(lane="train"))
    assert (queue_position(checking), queue_position(training)) == (1, 1)
