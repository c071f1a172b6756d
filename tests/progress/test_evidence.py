"""Failed checks leave evidence, at most one a skill and two a study day, and each is taken up once."""

from __future__ import annotations

from datetime import date

import pytest
from time_machine import travel

from residual.progress import services
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_skill_gives_evidence_once_a_day() -> None:
    user = make_user()
    assert services.record_evidence(user, "attention.masking", "failed the mask check") is not None
    assert services.record_evidence(user, "attention.masking", "failed it again") is None
    assert services.pending_evidence(user).count() == 1


def test_a_day_takes_two_skills_and_not_a_third() -> None:
    user = make_user()
    kept = [services.record_evidence(user, skill, "failed") for skill in ("a", "b", "c")]
    assert [evidence is not None for evidence in kept] == [True, True, False]


def test_the_next_study_day_has_room_again() -> None:
    user = make_user()
    with travel("2026-11-21T10:00:00Z", tick=False):
        services.record_evidence(user, "a", "failed")
    with travel("2026-11-22T10:00:00Z", tick=False):
        assert services.record_evidence(user, "a", "failed") is not None


def test_the_day_is_the_learners_study_day_and_not_the_utc_date() -> None:
    user = make_user(time_zone="America/New_York", rollover_hour=4)
    with travel("2026-11-21T07:00:00Z", tick=False):  # two in the night in New York: still Friday's study day
        evidence = services.record_evidence(user, "a", "failed")
    assert evidence is not None
    assert evidence.study_day == date(2026, 11, 20)


def test_consumed_evidence_is_not_pending_and_can_not_be_consumed_twice() -> None:
    user = make_user()
    evidence = services.record_evidence(user, "a", "failed")
    assert evidence is not None
    assert services.consume(evidence)
    assert not services.consume(evidence)
    assert not services.pending_evidence(user).exists()


def test_consumed_evidence_still_counts_for_its_day() -> None:
    user = make_user()
    evidence = services.record_evidence(user, "a", "failed")
    assert evidence is not None
    services.consume(evidence)
    assert services.record_evidence(user, "a", "failed again") is None


def test_learners_do_not_see_each_others_evidence() -> None:
    services.record_evidence(make_user(), "a", "failed")
    assert not services.pending_evidence(make_user()).exists()
