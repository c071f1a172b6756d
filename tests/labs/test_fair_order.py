"""The order in which waiting submissions are claimed, for any mixture of learners."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from labs.queue import fair_order

START = datetime(2026, 11, 21, tzinfo=UTC)
NEVER = START - timedelta(days=1)
learners = st.lists(st.integers(0, 4), max_size=30)
turns = st.dictionaries(st.integers(0, 4), st.integers(0, 1000).map(lambda s: START + timedelta(seconds=s)))


@given(learners, st.dictionaries(st.integers(0, 4), st.integers(0, 3)), turns)
def test_the_order_is_fair(owners: list[int], running: dict[int, int], last_turn: dict[int, datetime]) -> None:
    queued = [(UUID(int=at), owner) for at, owner in enumerate(owners)]
    order = fair_order(queued, running, last_turn)
    assert sorted(order) == sorted(submission for submission, _owner in queued)
    counts, waiting, latest = Counter(running), dict(queued), dict(last_turn)
    for claimed, submission in enumerate(order, start=1):
        owner = waiting.pop(submission)
        others = {owner, *waiting.values()}
        fewest = min(counts[other] for other in others)
        assert counts[owner] == fewest
        rivals = [latest.get(other, NEVER) for other in others if counts[other] == fewest]
        assert latest.get(owner, NEVER) == min(rivals)
        assert submission == min(entry for entry, other in {**waiting, submission: owner}.items() if other == owner)
        counts[owner] += 1
        latest[owner] = START + timedelta(days=1, seconds=claimed)


def test_of_learners_who_never_had_a_turn_the_oldest_submission_comes_first() -> None:
    queued = [(UUID(int=at), owner) for at, owner in enumerate([7, 3, 7, 5])]
    assert [submission.int for submission in fair_order(queued, {}, {})] == [0, 1, 3, 2]


def test_who_comes_for_the_first_time_is_not_kept_waiting_by_those_who_keep_coming() -> None:
    queued = [(UUID(int=at), owner) for at, owner in enumerate([1, 2] * 25 + [3])]
    assert fair_order(queued, {}, {1: START, 2: START})[0] == UUID(int=50)
