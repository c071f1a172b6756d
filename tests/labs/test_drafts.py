"""Drafts keep their history: no text that was ever sent is lost, and a tab that is behind overwrites nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from labs import drafts, services
from labs.drafts import MOST, Kind, changed_lines, kept_after_thinning
from labs.models import Draft, DraftVersion, Lab
from labs.source import SourceProblemError
from residual.accounts.models import User
from tests.factories import SOURCE, make_lab, make_user

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KINDS = st.sampled_from(Kind.values)
AGES = st.lists(st.tuples(KINDS, st.integers(0, 100 * 24 * 3600), st.integers(0, 5)), max_size=60)
type_ages = list[tuple[str, int, int]]


@pytest.fixture
def me() -> User:
    return make_user()


@pytest.fixture
def lab() -> Lab:
    return make_lab("sdpa")


def kinds(user: User) -> list[str]:
    """Oldest first."""
    return list(DraftVersion.objects.filter(draft__user=user).order_by("pk").values_list("kind", flat=True))


@pytest.mark.django_db
def test_each_change_is_a_version_and_the_same_text_again_is_none(me: User, lab: Lab) -> None:
    for text in ("a", "b", "b"):
        drafts.keep(me, lab, text, Kind.TYPED)
    assert [version.source for version in DraftVersion.objects.order_by("pk")] == ["a", "b"]
    assert Draft.objects.get().revision == 2


@pytest.mark.django_db
def test_saving_by_hand_what_was_saved_while_typing_makes_that_version_a_lasting_one(me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "a", Kind.TYPED)
    drafts.keep(me, lab, "a", Kind.SAVED)
    assert kinds(me) == ["saved"]


@pytest.mark.django_db
def test_a_tab_that_is_behind_changes_no_draft_and_loses_no_text(me: User, lab: Lab) -> None:
    known = drafts.keep(me, lab, "both", Kind.SAVED).draft.revision
    drafts.keep(me, lab, "the first tab", Kind.TYPED, base=known)
    behind = drafts.keep(me, lab, "the second tab", Kind.TYPED, base=known)
    assert Draft.objects.get().source == "the first tab"
    assert behind.aside
    assert behind.aside.source == "the second tab"
    assert kinds(me) == ["saved", "typed", "aside"]


@pytest.mark.django_db
def test_a_tab_that_is_behind_with_the_same_text_is_simply_up_to_date_again(me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "x", Kind.SAVED)
    kept = drafts.keep(me, lab, "x", Kind.TYPED, base=0)
    assert kept.aside is None
    assert kept.draft.revision == 1


@pytest.mark.django_db
def test_submitting_is_a_version_whether_the_code_can_be_judged_or_not(me: User, lab: Lab) -> None:
    services.submit(me, lab, SOURCE)
    with pytest.raises(SourceProblemError):
        services.submit(me, lab, "x = 1\ndef attention(:\n")
    assert kinds(me) == ["submitted", "submitted"]
    assert Draft.objects.get().problem_line == 2
    drafts.keep(me, lab, "x = 1\n", Kind.TYPED)
    assert Draft.objects.get().problem_line is None


@pytest.mark.django_db
def test_an_hour_of_typing_leaves_a_handful_of_versions_and_the_last_word(me: User, lab: Lab) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for number in range(0, 3600, 30):
            clock.move_to(NOW + timedelta(seconds=number))
            drafts.keep(me, lab, f"x = {number}", Kind.TYPED)
    left = DraftVersion.objects.order_by("pk")
    assert left.last().source == "x = 3570"  # type: ignore[union-attr]  # there are some
    assert 20 <= left.count() <= 30


@pytest.mark.django_db
def test_what_stood_before_a_loss_stays_for_good(me: User, lab: Lab) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for number, text in enumerate(["a\nb\nc\nd", "a\nb\nc\nd\ne", "oops", "oops!"]):
            clock.move_to(NOW + timedelta(seconds=2 * number))
            drafts.keep(me, lab, text, Kind.TYPED)
        clock.move_to(NOW + timedelta(days=60))
        drafts.keep(me, lab, "much later", Kind.TYPED)
    assert [version.source for version in DraftVersion.objects.order_by("pk")] == [
        "a\nb\nc\nd\ne",
        "oops!",
        "much later",
    ]


@given(AGES)
def test_what_was_done_on_purpose_and_the_newest_always_stay(ages: type_ages) -> None:
    versions = rows(ages)
    stay = kept_after_thinning(versions, NOW)
    on_purpose = {number for number, kind, _at, _removed in versions if kind not in {Kind.TYPED, Kind.ASIDE}}
    newest = {kind: number for number, kind, _at, _removed in versions}
    assert on_purpose | set(newest.values()) <= stay


@given(AGES)
def test_no_stretch_of_typing_vanishes(ages: type_ages) -> None:
    """Something of every day is left, whatever else goes."""
    versions = rows(ages)
    stay = kept_after_thinning(versions, NOW)
    days = {(kind, at.date()) for _number, kind, at, _removed in versions}
    assert {(kind, at.date()) for number, kind, at, _removed in versions if number in stay} == days


def test_there_are_never_many_more_than_the_most() -> None:
    versions = [(number, Kind.SAVED, NOW - timedelta(minutes=1000 - number), 0) for number in range(1000)]
    stay = kept_after_thinning(versions, NOW)
    assert stay == set(range(1000 - MOST, 1000))


def test_changed_lines_are_counted_wherever_they_stand() -> None:
    assert changed_lines("a\nb\nc\n", "c\nb\nd\ne\n") == (2, 1)


def rows(ages: type_ages) -> list[tuple[int, str, datetime, int]]:
    """Versions of those kinds, ages in seconds and removed lines, oldest first."""
    oldest_first = sorted(ages, key=lambda row: -row[1])
    return [(number, kind, NOW - timedelta(seconds=age), lost) for number, (kind, age, lost) in enumerate(oldest_first)]
