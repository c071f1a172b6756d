"""What a job's runner tells the site while it judges: events in order, and heartbeats."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog

from gpu_runner.client import RefusedError, StaleError, UnreachableError, pauses
from gpu_runner.protocol import Event

if TYPE_CHECKING:
    from gpu_runner.client import SiteClient
    from gpu_runner.protocol import CheckResult, Job

BEAT_S: Final = 0.5  # at most so long until a cancelled job is noticed

log = structlog.get_logger("gpu_runner")


@dataclass(slots=True, eq=False)
class Reporter:
    """Posts a job's events and heartbeats from a thread of its own, so that judging never waits for the network."""

    client: SiteClient
    job: Job
    _events: list[Event] = field(default_factory=list)
    _seq: int = 0
    _wake: threading.Condition = field(default_factory=threading.Condition)
    _done: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _stale: bool = False
    _let_go: bool = False
    _thread: threading.Thread | None = None
    _last_beat: float = field(default_factory=time.monotonic)

    @property
    def _beat_s(self) -> float:
        return min(BEAT_S, self.job.lease_s / 3)

    def __enter__(self) -> Reporter:
        self._thread = threading.Thread(target=self._run, name=f"report-{self.job.id}", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._wake:
            self._done = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()

    @property
    def stale(self) -> bool:
        """Whether somebody else has the job by now."""
        return self._stale

    @property
    def handed_back(self) -> bool:
        """Whether this runner is to give the job back instead of judging it."""
        return self._let_go

    def let_go(self) -> None:
        """Stop judging because this runner was asked to stop; what comes of it now is nothing to tell."""
        with self._wake:
            self._let_go = True
            self._stop.set()

    def stopped(self) -> bool:
        """Whether to stop judging: cancelled, or somebody else's job by now."""
        return self._stop.is_set()

    def add(self, kind: str, data: dict[str, Any]) -> None:
        with self._wake:
            if self._let_go:
                return
            self._seq += 1
            body = {"seq": self._seq, "kind": kind, "at": datetime.now(UTC), "data": data}
            self._events.append(Event.model_validate(body))
            self._wake.notify_all()

    def check(self, result: CheckResult) -> None:
        self.add("check", result.model_dump(mode="json"))

    def _run(self) -> None:
        rest, done = pauses(), False
        while not done:
            events, done = self._wait_for_events()
            try:
                self._tell(events, beat=not done)
                rest = pauses()
            except StaleError:
                self._stale = True
                self._stop.set()
                return
            except (UnreachableError, RefusedError) as error:
                log.warning("report_failed", job=self.job.id, error=str(error))
                self._keep_for_later(events, next(rest))

    def _wait_for_events(self) -> tuple[list[Event], bool]:
        """What is to be told next, and whether that is all."""
        with self._wake:
            self._wake.wait_for(lambda: self._events or self._done, timeout=self._beat_s)
            events, self._events = self._events, []
            return events, self._done

    def _tell(self, events: list[Event], *, beat: bool) -> None:
        """Post events, and a heartbeat when it is time for one."""
        if events:
            self.client.events(self.job, events)
        now = time.monotonic()
        if beat and now - self._last_beat >= self._beat_s:
            self._last_beat = now
            if self.client.heartbeat(self.job):
                self._stop.set()

    def _keep_for_later(self, events: list[Event], pause: float) -> None:
        """Put events back in front, and give a site that is away some rest; the verdict holds all that they say."""
        with self._wake:
            self._events[:0] = events
            self._wake.wait_for(lambda: self._done, timeout=pause)
