"""Study days: the rollover hour, summer time and travel."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from fsrs import Rating
from hypothesis import given
from hypothesis import strategies as st

from residual.accounts.models import User
from residual.reviews.scheduler import Parameters, elapsed_days, review
from residual.reviews.snapshot import Snapshot
from residual.reviews.study_calendar import StudyCalendar

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])


@given(MOMENTS, ZONES, st.integers(0, 23))
def test_the_calendar_agrees_with_the_learners_own_study_day(moment: datetime, zone: str, hour: int) -> None:
    assert StudyCalendar(zone, hour).day(moment) == User(time_zone=zone, rollover_hour=hour).study_day(moment)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), ZONES, st.integers(0, 23))
def test_a_day_begins_on_itself_and_not_a_second_earlier(day: date, zone: str, hour: int) -> None:
    calendar = StudyCalendar(zone, hour)
    start = calendar.start(day)
    assert calendar.day(start) == day
    assert calendar.day(start - timedelta(seconds=1)) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 6, 1), 24)],
    ids=["clocks go forward", "clocks go back", "ordinary"],
)
def test_a_study_day_across_summer_time_is_an_hour_shorter_or_longer(day: date, hours: int) -> None:
    calendar = StudyCalendar("Europe/Berlin", 4)
    assert calendar.start(day + timedelta(days=1)) - calendar.start(day) == timedelta(hours=hours)


def test_a_skipped_rollover_hour_moves_to_the_first_instant_after_the_gap() -> None:
    assert StudyCalendar("Europe/Berlin", 2).start(date(2026, 3, 29)) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_two_in_the_morning_belongs_to_the_day_before() -> None:
    assert StudyCalendar("Europe/Berlin", 4).day(datetime(2026, 3, 3, 1, 30, tzinfo=UTC)) == date(2026, 3, 2)


def test_an_evening_and_the_next_morning_are_one_day_apart() -> None:
    calendar = StudyCalendar("Europe/Berlin", 4)
    evening = datetime(2026, 3, 2, 21, tzinfo=UTC)
    card = Snapshot(due=evening, due_day=calendar.day(evening))
    card = review(card, Rating.Good, evening, calendar, Parameters(), "k")
    assert elapsed_days(card, calendar.day(evening + timedelta(hours=9))) == 1


def test_flying_west_never_makes_elapsed_time_negative() -> None:
    berlin, honolulu = StudyCalendar("Europe/Berlin", 4), StudyCalendar("Pacific/Honolulu", 4)
    morning = datetime(2026, 3, 2, 8, tzinfo=UTC)
    card = review(Snapshot(due=morning, due_day=date(2026, 3, 2)), Rating.Good, morning, berlin, Parameters(), "k")
    assert honolulu.day(morning) < berlin.day(morning)
    assert elapsed_days(card, honolulu.day(morning)) == 0


def test_a_card_due_on_a_day_is_due_on_that_day_wherever_its_learner_is() -> None:
    """The day is stored, not only the instant: at 04:00 in Tokyo, a Berlin card of that date is already asked."""
    berlin, tokyo = StudyCalendar("Europe/Berlin", 4), StudyCalendar("Asia/Tokyo", 4)
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    card = review(Snapshot(due=at, due_day=date(2026, 3, 2)), Rating.Good, at, berlin, Parameters(), "k")
    assert tokyo.day(tokyo.start(card.due_day)) == card.due_day
    assert tokyo.start(card.due_day) < card.due
