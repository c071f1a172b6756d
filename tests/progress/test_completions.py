"""Completions are written once, never fall, and only ticks can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from time_machine import travel

from residual.progress import services
from residual.progress.models import Completion
from tests.factories import make_activity, make_user, make_week

pytestmark = pytest.mark.django_db


def test_completing_something_records_when_and_what_proves_it() -> None:
    with travel("2026-11-21T10:00:00Z", tick=False):
        done = services.complete(make_user(), "lab", "lab-sdpa", source="submission:1")
    assert (done.share, done.source) == (1.0, "submission:1")
    assert done.completed_at == datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_the_first_completion_stays_whatever_comes_later() -> None:
    user = make_user()
    first = services.complete(user, "lab", "lab-sdpa", source="submission:1")
    services.complete(user, "lab", "lab-sdpa", source="submission:2", assisted=True)
    again = Completion.objects.get()
    assert (again.source, again.assisted, again.completed_at) == ("submission:1", False, first.completed_at)


def test_partial_credit_becomes_whole_by_completing() -> None:
    user = make_user()
    services.record_share(user, "lab", "lab-sdpa", 0.25)
    services.complete(user, "lab", "lab-sdpa")
    done = Completion.objects.get()
    assert done.share == 1
    assert done.completed_at is not None


def test_partial_credit_does_not_touch_what_is_complete() -> None:
    user = make_user()
    services.complete(user, "lab", "lab-sdpa", source="submission:1")
    services.record_share(user, "lab", "lab-sdpa", 0.5, source="submission:2")
    assert Completion.objects.get().source == "submission:1"


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=8))
def test_a_share_never_falls(shares: list[float]) -> None:
    user = make_user()
    seen = [services.record_share(user, "lab", "lab-sdpa", share).share for share in shares]
    assert seen == sorted(seen)
    assert seen[-1] == max(shares)


@pytest.mark.parametrize("share", [-0.1, 1.0, 1.5])
def test_a_share_that_is_not_partial_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="not partial credit"):
        services.record_share(make_user(), "lab", "lab-sdpa", share)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind of completion"):
        services.complete(make_user(), "badge", "gold")


def test_learners_do_not_share_completions() -> None:
    services.complete(make_user(), "lab", "lab-sdpa")
    other = services.record_share(make_user(), "lab", "lab-sdpa", 0.1)
    assert other.share == 0.1


@pytest.mark.parametrize("kind", ["reading", "theory", "journal"])
def test_a_tick_completes_a_reading_and_can_be_taken_back(kind: str) -> None:
    user, activity = make_user(), make_activity(make_week(), kind)
    services.tick_reading(user, activity)
    assert Completion.objects.get(user=user).ref == activity.id
    services.untick_reading(user, activity)
    assert not Completion.objects.exists()


@pytest.mark.parametrize("kind", ["lab", "quiz"])
def test_labs_and_quizzes_can_not_be_ticked(kind: str) -> None:
    with pytest.raises(ValueError, match="by evidence"):
        services.tick_reading(make_user(), make_activity(make_week(), kind))
    assert not Completion.objects.exists()


def test_taking_a_tick_back_leaves_a_passed_lab_alone() -> None:
    user, activity = make_user(), make_activity(make_week(), "lab", ref="lab-sdpa")
    services.complete(user, "lab", "lab-sdpa")
    services.untick_reading(user, activity)
    assert Completion.objects.filter(kind="lab").exists()
