"""What holds for every card, rating and moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fsrs import Rating
from hypothesis import given
from hypothesis import strategies as st

from residual.reviews.scheduler import Parameters, elapsed_days, preview, review
from residual.reviews.snapshot import Snapshot, State
from residual.reviews.study_calendar import StudyCalendar

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Antarctica/Troll"]
)
CALENDARS = st.builds(StudyCalendar, ZONES, st.integers(0, 23))
STEPS = st.lists(st.integers(1, 240), min_size=1, max_size=4, unique=True).map(lambda steps: tuple(sorted(steps)))
PARAMETERS = st.builds(
    Parameters,
    desired_retention=st.floats(0.7, 0.97),
    maximum_interval=st.integers(2, 36500),
    learning_minutes=STEPS,
    relearning_minutes=STEPS,
)
HISTORY = st.lists(st.tuples(st.sampled_from(Rating), st.floats(-2, 400)), max_size=8)


def played(
    history: list[tuple[Rating, float]], calendar: StudyCalendar, parameters: Parameters
) -> tuple[Snapshot, datetime]:
    """A card after these (rating, days waited before it), and the moment of the last one. Waits may be negative."""
    card, at = Snapshot(due=START, due_day=calendar.day(START)), START
    for number, (rating, gap) in enumerate(history):
        at += timedelta(days=gap)
        card = review(card, rating, at, calendar, parameters, f"c:{number}")
    return card, at


@given(HISTORY, CALENDARS, PARAMETERS, st.text(max_size=5))
def test_hard_is_never_after_good_and_good_is_before_easy(
    history: list[tuple[Rating, float]], calendar: StudyCalendar, parameters: Parameters, key: str
) -> None:
    card, at = played(history, calendar, parameters)
    intervals = preview(card, calendar.day(at), parameters, key)
    assert intervals[Rating.Hard] <= intervals[Rating.Good] < intervals[Rating.Easy]


@given(HISTORY, CALENDARS, PARAMETERS)
def test_no_interval_exceeds_the_maximum_and_none_is_empty(
    history: list[tuple[Rating, float]], calendar: StudyCalendar, parameters: Parameters
) -> None:
    card, at = played(history, calendar, parameters)
    for interval in preview(card, calendar.day(at), parameters, "k").values():
        assert timedelta(0) < interval <= timedelta(days=parameters.maximum_interval)


@given(HISTORY, CALENDARS, PARAMETERS, st.sampled_from(Rating))
def test_a_review_comes_due_on_the_day_that_its_instant_belongs_to(
    history: list[tuple[Rating, float]], calendar: StudyCalendar, parameters: Parameters, rating: Rating
) -> None:
    card, at = played(history, calendar, parameters)
    after = review(card, rating, at, calendar, parameters, "k")
    assert after.due_day == calendar.day(after.due)
    assert after.due_day >= calendar.day(at)
    assert after.state != State.REVIEW or after.due_day > calendar.day(at)


@given(HISTORY, CALENDARS, PARAMETERS, st.sampled_from(Rating), st.text(max_size=5))
def test_the_same_review_gives_the_same_card(
    history: list[tuple[Rating, float]], calendar: StudyCalendar, parameters: Parameters, rating: Rating, key: str
) -> None:
    card, at = played(history, calendar, parameters)
    assert review(card, rating, at, calendar, parameters, key) == review(card, rating, at, calendar, parameters, key)


@given(HISTORY, CALENDARS, PARAMETERS, st.integers(-1000, 1000))
def test_elapsed_days_are_never_negative(
    history: list[tuple[Rating, float]], calendar: StudyCalendar, parameters: Parameters, shift: int
) -> None:
    card, at = played(history, calendar, parameters)
    assert elapsed_days(card, calendar.day(at) + timedelta(days=shift)) >= 0


def test_fuzz_spreads_cards_that_would_come_back_together() -> None:
    calendar, parameters = StudyCalendar("UTC", 4), Parameters()
    card, at = played([(Rating.Good, 0), (Rating.Good, 3), (Rating.Good, 12)], calendar, parameters)
    due = {
        review(card, Rating.Good, at + timedelta(days=40), calendar, parameters, f"{n}:4").due_day for n in range(40)
    }
    assert len(due) > 5
