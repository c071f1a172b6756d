"""One reader per process hands news to everyone who watches, and nobody misses or repeats an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError

from labs import stream
from labs.stream import Change, Cursor, StoredEvent, Tailer

JOB = uuid4()


class Rows:
    """A database with submissions in it: what the reader would find."""

    def __init__(self) -> None:
        self.events: list[StoredEvent] = []
        self.status = "running"
        self.reads = 0
        self.before_read: Callable[[], None] = lambda: None

    def add(self, *texts: str) -> None:
        start = len(self.events) + 1
        self.events += [StoredEvent(number, "log", {"text": text}) for number, text in enumerate(texts, start)]

    def read(self, watched: Mapping[UUID, Cursor]) -> list[Change]:
        self.reads += 1
        self.before_read()
        changes = []
        for job, cursor in watched.items():
            new = tuple(event for event in self.events if event.pk > cursor.event)
            at = Cursor(new[-1].pk if new else cursor.event, len(self.events) * 10 + (self.status == "done"))
            if at != cursor:
                changes.append(Change(job, self.status, at, new))
        return changes


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def tailer(rows: Rows) -> Tailer:
    return Tailer(rows.read, poll_s=0.001)


async def texts(news: AsyncIterator[Change | None]) -> list[str]:
    """Everything that one watcher is told until the end, quiet moments left out."""
    return [str(event.data["text"]) async for change in news if change for event in change.events]


def test_a_watcher_gets_what_is_stored_and_then_what_comes(rows: Rows, tailer: Tailer) -> None:
    async def scenario() -> list[str]:
        rows.add("a", "b")
        watching = asyncio.create_task(texts(tailer.watch(JOB, 0, quiet_s=5)))
        while rows.reads < 3:
            await asyncio.sleep(0)
        rows.add("c")
        rows.status = "done"
        return await watching

    assert asyncio.run(scenario()) == ["a", "b", "c"]


def test_a_watcher_that_comes_back_gets_only_what_it_missed(rows: Rows, tailer: Tailer) -> None:
    rows.add("a", "b", "c")
    rows.status = "done"
    assert asyncio.run(texts(tailer.watch(JOB, 2, quiet_s=5))) == ["c"]


def test_two_watchers_at_different_places_each_get_their_own_rest(rows: Rows, tailer: Tailer) -> None:
    async def scenario() -> list[list[str]]:
        rows.add("a", "b", "c")
        first = asyncio.create_task(texts(tailer.watch(JOB, 0, quiet_s=5)))
        while rows.reads < 3:
            await asyncio.sleep(0)
        second = asyncio.create_task(texts(tailer.watch(JOB, 1, quiet_s=5)))
        while rows.reads < 6:
            await asyncio.sleep(0)
        rows.add("d")
        rows.status = "done"
        return list(await asyncio.gather(first, second))

    assert asyncio.run(scenario()) == [["a", "b", "c", "d"], ["b", "c", "d"]]


def test_a_watcher_that_joins_while_the_reader_reads_misses_nothing(rows: Rows, tailer: Tailer) -> None:
    """The read that is under way started from the first watcher's place: it must not count for the second."""

    async def scenario() -> list[str]:
        rows.add("a", "b")
        first = asyncio.create_task(texts(tailer.watch(JOB, 2, quiet_s=5)))
        while rows.reads < 3:
            await asyncio.sleep(0)
        joined: list[asyncio.Task[list[str]]] = []
        loop = asyncio.get_running_loop()

        def join() -> None:
            rows.before_read = lambda: None
            loop.call_soon_threadsafe(lambda: joined.append(loop.create_task(texts(tailer.watch(JOB, 0, quiet_s=5)))))
            while not tailer._queues[JOB] or len(tailer._queues[JOB]) < 2:
                pass
            rows.add("c")

        rows.before_read = join
        while not joined:
            await asyncio.sleep(0)
        reads = rows.reads
        while rows.reads < reads + 3:
            await asyncio.sleep(0)
        rows.status = "done"
        assert await first == ["c"]
        return await joined[0]

    assert asyncio.run(scenario()) == ["a", "b", "c"]


def test_many_watchers_cost_one_read(rows: Rows, tailer: Tailer) -> None:
    async def scenario() -> int:
        rows.add("a")
        watching = [asyncio.create_task(texts(tailer.watch(JOB, 0, quiet_s=5))) for _ in range(100)]
        while rows.reads < 3:
            await asyncio.sleep(0)
        before = rows.reads
        rows.status = "done"
        assert await asyncio.gather(*watching) == [["a"]] * 100
        return rows.reads - before

    assert asyncio.run(scenario()) <= 3


def test_a_quiet_stream_says_that_it_is_still_there(tailer: Tailer) -> None:
    async def scenario() -> Change | None:
        news = tailer.watch(JOB, 0, quiet_s=0.01)
        first, second = await anext(news), await anext(news)
        await news.aclose()
        return second if first else first

    assert asyncio.run(scenario()) is None


def test_the_reader_stops_with_the_last_watcher_and_starts_with_the_next(rows: Rows, tailer: Tailer) -> None:
    async def scenario() -> None:
        for _ in range(2):
            news = tailer.watch(JOB, 0, quiet_s=5)
            await anext(news)
            await news.aclose()
            while tailer._task is not None:
                await asyncio.sleep(0)
            reads = rows.reads
            await asyncio.sleep(0.01)
            assert rows.reads == reads

    asyncio.run(scenario())


def test_a_database_that_is_away_for_a_moment_does_not_end_the_stream(rows: Rows, tailer: Tailer) -> None:
    def fail_once() -> None:
        rows.before_read = lambda: None
        raise OperationalError("the server closed the connection")

    rows.before_read = fail_once
    rows.add("a")
    rows.status = "done"
    assert asyncio.run(texts(tailer.watch(JOB, 0, quiet_s=5))) == ["a"]


def test_a_watcher_that_does_not_keep_up_is_cut_off_and_can_come_back(
    rows: Rows, tailer: Tailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "QUEUE_SIZE", 2)

    async def scenario() -> list[str]:
        rows.add("a")
        slow = tailer.watch(JOB, 0, quiet_s=5)
        seen = [event.data["text"] for event in (await anext(slow) or Change(JOB, "", Cursor())).events]
        for text in "bcdef":
            reads = rows.reads
            rows.add(text)
            while rows.reads < reads + 2:
                await asyncio.sleep(0)
        assert [change async for change in slow] == []
        rows.status = "done"
        return seen + await texts(tailer.watch(JOB, 1, quiet_s=5))

    assert asyncio.run(scenario()) == list("abcdef")
