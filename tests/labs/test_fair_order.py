"""The order in which waiting submissions are claimed, for any mixture of learners."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from labs.queue import fair_order

learners = st.lists(st.integers(0, 4), max_size=30)


@given(learners, st.dictionaries(st.integers(0, 4), st.integers(0, 3)))
def test_the_order_is_fair(owners: list[int], running: dict[int, int]) -> None:
    queued = [(UUID(int=at), owner) for at, owner in enumerate(owners)]
    order = fair_order(queued, running)
    assert sorted(order) == sorted(submission for submission, _owner in queued)
    counts = Counter(running)
    waiting = dict(queued)
    for submission in order:
        owner = waiting.pop(submission)
        assert counts[owner] == min(counts[other] for other in {owner, *waiting.values()})
        assert submission == min(entry for entry, other in {**waiting, submission: owner}.items() if other == owner)
        counts[owner] += 1
