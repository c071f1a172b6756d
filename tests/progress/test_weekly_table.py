"""The weekly table says what the learner has shown, in words and numbers, with few queries."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries
from time_machine import travel

from curriculum.models import Week
from residual.accounts.models import User
from residual.progress import services
from residual.progress.queries import LabStep, WeekRow, week_row, weekly_table
from tests.factories import make_activity, make_user, make_week

pytestmark = pytest.mark.django_db


def full_week(number: int = 1) -> Week:
    """One lab, one quiz, one reading: 60, 15 + 10, 15."""
    week = make_week(number)
    make_activity(week, "lab", ref=f"lab-{number}", title="Attention", minutes=60)
    make_activity(week, "quiz", ref=f"paper-{number}", title="Attention paper")
    make_activity(week, "reading", id=f"reading-{number}", ref=f"reading-{number}", title="Section 3")
    return week


def only_row(user: User, **steps: LabStep) -> WeekRow:
    (row,) = weekly_table(user, steps)
    return row


def finish_all_but_kept(user: User) -> None:
    services.complete(user, "lab", "lab-1")
    services.complete(user, "quiz_learned", "paper-1")
    services.complete(user, "reading", "reading-1")


def test_twelve_weeks_take_three_queries_however_much_is_done(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = make_user()
    for number in range(1, 13):
        full_week(number)
        services.complete(user, "lab", f"lab-{number}")
    with django_assert_num_queries(3):
        table = weekly_table(user)
        assert [row.week for row in table] == list(range(1, 13))
        assert all(row.text and row.parts for row in table)


def test_an_untouched_week_is_planned() -> None:
    full_week()
    row = only_row(make_user())
    assert (row.state, row.status, row.completion_text) == ("planned", "Planned", "0 %")


def test_partial_credit_puts_a_week_in_progress() -> None:
    full_week()
    user = make_user()
    services.record_share(user, "lab", "lab-1", 0.25)
    row = only_row(user)
    assert (row.status, row.completion) == ("In progress", 15)


def test_a_complete_week_says_from_when_kept_can_be_earned() -> None:
    full_week()
    user = make_user()
    with travel("2026-12-07T10:00:00Z", tick=False):
        finish_all_but_kept(user)
    assert only_row(user).text == "✅ Complete · 90 % (kept from 14 Dec)"


def test_keeping_the_quiz_makes_it_100_per_cent() -> None:
    full_week()
    user = make_user()
    finish_all_but_kept(user)
    services.complete(user, "quiz_kept", "paper-1")
    assert only_row(user).text == "✅ Complete · 100 %"


def test_labs_that_are_not_released_stay_in_the_denominator() -> None:
    week = make_week()
    make_activity(week, "lab", ref="lab-later", released=False)
    make_activity(week, "reading", id="reading-1", ref="reading-1")
    user = make_user()
    services.complete(user, "reading", "reading-1")
    row = only_row(user)
    assert (row.state, row.completion) == ("in_progress", 20)


def test_stretch_labs_add_a_mark_and_never_a_denominator() -> None:
    week = full_week()
    make_activity(week, "lab", ref="lab-stretch", stretch=True)
    user = make_user()
    before = only_row(user)
    services.complete(user, "lab", "lab-stretch")
    after = only_row(user)
    assert (before.stretch_done, after.stretch_done) == (0, 1)
    assert before.completion == after.completion == 0


def test_labs_of_a_capstone_week_weigh_70() -> None:
    week = full_week()
    Week.objects.filter(pk=week.pk).update(capstone=True)
    user = make_user()
    services.complete(user, "lab", "lab-1")
    assert only_row(user).completion == 70


def test_attested_and_assisted_points_are_shown_apart() -> None:
    full_week()
    user = make_user()
    services.complete(user, "lab", "lab-1", assisted=True)
    services.complete(user, "reading", "reading-1")
    row = only_row(user)
    assert (row.completion, row.attested, row.assisted) == (75, 15, 60)


def test_the_arithmetic_of_each_part_is_shown() -> None:
    week = full_week()
    make_activity(week, "lab", ref="lab-other", minutes=20)
    user = make_user()
    services.complete(user, "lab", "lab-1")
    labs = only_row(user).parts[0]
    assert (labs.name, labs.arithmetic) == ("Labs", "45 + 0 = 45 of 60")


def test_the_next_gain_names_the_next_check_of_the_lab() -> None:
    full_week()
    user = make_user()
    services.record_share(user, "lab", "lab-1", 0.25)
    row = only_row(user, **{"lab-1": LabStep("causal leak", 0.5)})
    assert str(row.next_gain) == "pass causal leak: +15 %"


def test_the_next_gain_is_the_first_open_activity_in_the_weeks_order() -> None:
    full_week()
    user = make_user()
    services.complete(user, "lab", "lab-1")
    assert str(only_row(user).next_gain) == "learn Attention paper: +15 %"
    services.complete(user, "quiz_learned", "paper-1")
    assert str(only_row(user).next_gain) == "read Section 3: +15 %"
    services.complete(user, "reading", "reading-1")
    assert str(only_row(user).next_gain) == "keep Attention paper: +10 %"


def test_what_is_not_released_is_never_the_next_gain() -> None:
    make_activity(make_week(), "lab", ref="lab-later", released=False)
    assert only_row(make_user()).next_gain is None


def test_the_table_names_the_first_week_that_is_not_complete() -> None:
    full_week(1)
    full_week(2)
    user = make_user()
    finish_all_but_kept(user)
    current = weekly_table(user).current
    assert current is not None
    assert current.week == 2


def test_completions_of_others_do_not_count() -> None:
    full_week()
    finish_all_but_kept(make_user())
    assert only_row(make_user()).completion == 0


def test_retired_activities_leave_the_week() -> None:
    week = full_week()
    week.activities.filter(kind="lab").update(retired_at="2026-11-01T00:00:00Z")
    user = make_user()
    services.complete(user, "reading", "reading-1")
    assert only_row(user).completion == 37


def test_the_row_of_one_week_equals_the_tables(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    week = full_week()
    user = make_user()
    services.complete(user, "lab", "lab-1")
    with django_assert_num_queries(2):
        row = week_row(user, week)
    assert row == only_row(user)
