"""What a week's points do, whatever is in the week."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residual.progress.arithmetic import Item, Part, WeekScore, part_weights, score_week

shares = st.floats(0, 1)
items = st.lists(st.builds(Item, st.text(max_size=3), st.integers(0, 600), shares, st.booleans()), max_size=5)
weeks = st.dictionaries(st.sampled_from(Part), items)


def lab(share: float, minutes: int = 60, *, assisted: bool = False) -> Item:
    return Item("lab", minutes, share, assisted)


def everything(share: float, **other: float) -> WeekScore:
    parts = {part: [Item(part, 30, other.get(part, share))] for part in Part}
    return score_week(parts, capstone=False)


@given(weeks, st.booleans())
def test_points_stay_between_0_and_100(week: dict[Part, list[Item]], capstone: bool) -> None:
    score = score_week(week, capstone=capstone)
    assert 0 <= score.points <= 100
    assert 0 <= score.percent <= 100
    assert score.attested + score.assisted <= score.points * 2 + 1e-9


@given(weeks, st.booleans())
def test_weights_of_what_is_there_sum_to_100(week: dict[Part, list[Item]], capstone: bool) -> None:
    score = score_week(week, capstone=capstone)
    assert sum(part.weight for part in score.parts) == pytest.approx(100 if any(week.values()) else 0)
    for part in score.parts:
        assert sum(item.weight for item in part.items) == pytest.approx(part.weight)


@given(weeks, st.booleans(), shares, st.data())
def test_doing_more_never_gives_less(
    week: dict[Part, list[Item]], capstone: bool, more: float, data: st.DataObject
) -> None:
    before = score_week(week, capstone=capstone)
    filled = [part for part, found in week.items() if found]
    if not filled:
        return
    part = data.draw(st.sampled_from(filled))
    first, *rest = week[part]
    better = {**week, part: [replace(first, share=max(first.share, more)), *rest]}
    after = score_week(better, capstone=capstone)
    assert after.points >= before.points - 1e-9
    assert after.complete or not before.complete


@given(weeks, st.booleans())
def test_everything_done_is_100_per_cent(week: dict[Part, list[Item]], capstone: bool) -> None:
    done = {part: [replace(item, share=1.0) for item in found] for part, found in week.items()}
    score = score_week(done, capstone=capstone)
    assert score.percent == (100 if any(week.values()) else 0)


def test_the_usual_weights_are_60_15_10_15() -> None:
    weights = part_weights(list(Part), capstone=False)
    assert weights == {Part.LABS: 60, Part.LEARNED: 15, Part.KEPT: 10, Part.SELF_REPORTED: 15}


def test_labs_of_a_capstone_week_weigh_70_and_the_rest_shares_30_as_usual() -> None:
    weights = part_weights(list(Part), capstone=True)
    assert weights == {Part.LABS: 70, Part.LEARNED: 11.25, Part.KEPT: 7.5, Part.SELF_REPORTED: 11.25}


def test_absent_parts_give_their_weight_to_the_others() -> None:
    assert part_weights([Part.LABS, Part.SELF_REPORTED], capstone=False) == {Part.LABS: 80, Part.SELF_REPORTED: 20}


def test_labs_are_weighted_by_their_minutes() -> None:
    score = score_week({Part.LABS: [lab(1, minutes=45), lab(0, minutes=15)]}, capstone=False)
    assert score.points == 75


def test_a_week_is_complete_when_all_but_kept_is_there() -> None:
    score = everything(1.0, kept=0.0)
    assert score.complete
    assert score.percent == 90


def test_a_week_lacking_one_reading_is_not_complete() -> None:
    assert not everything(1.0, self_reported=0.99).complete


def test_a_week_with_nothing_to_do_is_never_complete() -> None:
    assert not score_week({}, capstone=False).complete
    assert not score_week({Part.KEPT: [lab(1)]}, capstone=False).complete


def test_almost_everything_is_shown_as_99_and_not_as_100_per_cent() -> None:
    assert everything(0.9999).percent == 99


def test_attested_and_assisted_points_are_told_apart() -> None:
    parts = {Part.LABS: [lab(1, assisted=True), lab(1)], Part.SELF_REPORTED: [Item("reading", 30, 1)]}
    score = score_week(parts, capstone=False)
    assert score.attested == 20
    assert score.assisted == 40
