"""Live news of submissions: one reader per process looks for changes and hands them to everyone who watches.

A watching page holds a queue in memory and no database connection; the reader holds one in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from django.db import DatabaseError, connection

from labs.models import Event, Submission
from labs.placement import Shortfall, standing

POLL_S: Final = 0.1
QUEUE_SIZE: Final = 500  # a page this far behind is cut off; its browser comes back and replays from Last-Event-ID
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    pk: int
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the reader has come with one submission."""

    event: int = 0
    revision: int = -1
    position: int | None = None
    shortfall: Shortfall | None = None  # what no runner has that this one needs, while it waits


@dataclass(frozen=True, slots=True)
class Change:
    """News of one submission: new events, and where it stands."""

    submission: UUID
    status: str
    cursor: Cursor
    events: tuple[StoredEvent, ...] = ()

    @property
    def over(self) -> bool:
        return self.status in {Submission.Status.DONE, Submission.Status.CANCELLED}


type_read = Callable[[Mapping[UUID, Cursor]], list[Change]]


def read_changes(watched: Mapping[UUID, Cursor]) -> list[Change]:
    """What is new since the cursors, in at most six queries however many are watched."""
    rows = list(Submission.objects.filter(pk__in=watched).order_by().values_list("pk", "revision", "status"))
    waiting = any(status == Submission.Status.QUEUED for _pk, _revision, status in rows)
    places, shortfalls = standing() if waiting else ({}, {})
    behind = {pk for pk, revision, _status in rows if revision != watched[pk].revision}
    events = _new_events({pk: watched[pk].event for pk in behind})
    changes = []
    for pk, revision, status in rows:
        last = events[pk][-1].pk if events[pk] else watched[pk].event
        cursor = Cursor(last, revision, places.get(pk), shortfalls.get(pk))
        changes.append(Change(pk, status, cursor, tuple(events[pk])))
    return [change for change in changes if change.cursor != watched[change.submission]]


def _new_events(after: Mapping[UUID, int]) -> dict[UUID, list[StoredEvent]]:
    found: dict[UUID, list[StoredEvent]] = defaultdict(list)
    if not after:
        return found
    stored = Event.objects.filter(submission__in=after, pk__gt=min(after.values())).order_by("pk")
    for event in stored:
        if event.pk > after[event.submission_id]:
            found[event.submission_id].append(StoredEvent(event.pk, event.kind, event.data))
    return found


class Tailer:
    """Reads for all watchers of one event loop while there are any, and stops when the last one goes."""

    def __init__(self, read: type_read = read_changes, *, poll_s: float = POLL_S) -> None:
        self._read = read
        self._poll_s = poll_s
        self._cursors: dict[UUID, Cursor] = {}
        self._queues: dict[UUID, set[asyncio.Queue[Change | None]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    async def watch(self, submission: UUID, after: int, *, quiet_s: float) -> AsyncGenerator[Change | None, None]:
        """Changes of `submission` with events after number `after`; None after `quiet_s` seconds without any.

        Ends when the submission is over or this watcher is too far behind.
        """
        news: asyncio.Queue[Change | None] = asyncio.Queue(QUEUE_SIZE)
        self._join(submission, after, news)
        try:
            while True:
                try:
                    change = await asyncio.wait_for(news.get(), quiet_s)
                except TimeoutError:
                    yield None
                    continue
                if change is None:
                    return
                yield replace(change, events=tuple(event for event in change.events if event.pk > after))
                after = max(after, change.cursor.event)
                if change.over:
                    return
        finally:
            self._leave(submission, news)

    def _join(self, submission: UUID, after: int, news: asyncio.Queue[Change | None]) -> None:
        """Start the reader where this watcher stands; others who watch the same skip what they have."""
        known = self._cursors.get(submission)
        self._cursors[submission] = Cursor(min(after, known.event) if known else after)
        self._queues[submission].add(news)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def _leave(self, submission: UUID, news: asyncio.Queue[Change | None]) -> None:
        self._queues[submission].discard(news)
        if not self._queues[submission]:
            del self._queues[submission]
            self._cursors.pop(submission, None)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "submission-tailer") as thread:
            try:
                while watched := dict(self._cursors):
                    for change in await loop.run_in_executor(thread, self._read_calmly, watched):
                        self._deliver(change, watched[change.submission])
                    await asyncio.sleep(self._poll_s)
            finally:
                self._task = None  # from here on a new watcher starts a new reader
                for news in chain.from_iterable(self._queues.values()):  # none, unless reading failed
                    _cut_off(news)
                await loop.run_in_executor(thread, _close_connection)

    def _read_calmly(self, watched: Mapping[UUID, Cursor]) -> list[Change]:
        """A database that is away for a moment must not end every stream: say so and look again."""
        try:
            return self._read(watched)
        except DatabaseError as error:
            log.warning("tailer_read_failed", error=str(error))
            connection.close()
            return []

    def _deliver(self, change: Change, read_from: Cursor) -> None:
        if self._cursors.get(change.submission) != read_from:  # somebody joined or left meanwhile: read again
            return
        self._cursors[change.submission] = change.cursor
        for news in self._queues[change.submission]:
            with contextlib.suppress(asyncio.QueueFull):  # cut off below
                news.put_nowait(change)
                continue
            _cut_off(news)


def _close_connection() -> None:
    """Close the connection of the thread that calls this."""
    connection.close()


def _cut_off(news: asyncio.Queue[Change | None]) -> None:
    """End a watcher that does not keep up: empty its queue and tell it to stop."""
    while not news.empty():
        news.get_nowait()
    news.put_nowait(None)


_tailers: WeakKeyDictionary[asyncio.AbstractEventLoop, Tailer] = WeakKeyDictionary()


def tailer() -> Tailer:
    """The tailer of the running event loop: one per process, since a process has one loop."""
    return _tailers.setdefault(asyncio.get_running_loop(), Tailer())
