"""Claim jobs, judge them, tell the site: the loop behind the doorbell."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog

from gpu_runner.client import BadBundleError, RefusedError, SiteClient, StaleError, UnreachableError
from gpu_runner.protocol import CheckResult, Event, Job, Report, Verdict
from gpu_runner.supervisor.trial import Submission

if TYPE_CHECKING:
    from gpu_runner.supervisor.judge import Supervisor

FLUSH_S: Final = 0.05
IDLE_CLAIM_S: Final = 2.0
SIDE_BY_SIDE: Final = 2
VERDICT_PATIENCE_S: Final = 120.0

log = structlog.get_logger("gpu_runner")


@dataclass(slots=True)
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
    _thread: threading.Thread | None = None

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

    def stopped(self) -> bool:
        """Whether to stop judging: cancelled, or somebody else's job by now."""
        return self._stop.is_set()

    def add(self, kind: str, data: dict[str, Any]) -> None:
        with self._wake:
            self._seq += 1
            body = {"seq": self._seq, "kind": kind, "at": datetime.now(UTC), "data": data}
            self._events.append(Event.model_validate(body))
            self._wake.notify_all()

    def check(self, result: CheckResult) -> None:
        self.add("check", result.model_dump(mode="json"))

    def _run(self) -> None:
        beat = self.job.lease_s / 3
        last_beat = time.monotonic()
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._events or self._done, timeout=min(beat, 0.5))
                events, done = self._events, self._done
                self._events = []
            try:
                if events:
                    self.client.events(self.job, events)
                if time.monotonic() - last_beat > beat or (not events and not done):
                    last_beat = time.monotonic()
                    if self.client.heartbeat(self.job):
                        self._stop.set()
            except StaleError:
                self._stale = True
                self._stop.set()
                return
            except (UnreachableError, RefusedError) as error:
                log.warning("report_failed", job=self.job.id, error=str(error))
                with self._wake:
                    self._events[:0] = events  # still in order; sent again next time
                if done:
                    return  # the verdict holds everything that the events do
                time.sleep(FLUSH_S)
                continue
            if done:
                return


@dataclass(slots=True)
class Worker:
    """Drains the site's queue, at most SIDE_BY_SIDE jobs at a time."""

    supervisor: Supervisor
    client: SiteClient
    lanes: list[str] = field(default_factory=lambda: ["check"])
    _places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(SIDE_BY_SIDE))
    _closing: threading.Event = field(default_factory=threading.Event)
    _complaint: str = ""

    def drain(self) -> int:
        """Claim and judge until there is nothing to do; how many jobs that were."""
        count = 0
        while not self._closing.is_set():
            with self._places:
                job = None if self._closing.is_set() else self._claim()  # it may have been a while until our place
                if job is None:
                    break
                self._work(job)
                count += 1
        return count

    def claim_when_idle(self, every_s: float = IDLE_CLAIM_S) -> None:
        """Look for work now and then, so that a doorbell that was never heard costs seconds and not a job."""
        while not self._closing.wait(every_s):
            self.drain()

    def close(self) -> None:
        """Claim nothing any more; what runs goes on."""
        self._closing.set()

    def wait_until_idle(self) -> None:
        """Return once nothing is being judged; call `close` before, or it may be long."""
        for _ in range(SIDE_BY_SIDE):
            self._places.acquire()

    def _claim(self) -> Job | None:
        try:
            job = self.client.claim(self.lanes, self.supervisor.level)
        except (UnreachableError, RefusedError, ValueError) as error:
            if str(error) != self._complaint:  # once per reason, not every two seconds
                log.warning("claim_failed", error=str(error))
                self._complaint = str(error)
            return None
        self._complaint = ""
        return job

    def _work(self, job: Job) -> None:
        bound = log.bind(job=job.id, attempt=job.attempt, lab=job.lab, request_id=job.request_id)
        started = time.monotonic()
        with Reporter(self.client, job) as reporter:
            reporter.add("started", {"level": self.supervisor.level.value, "runner": self.client.name})
            report = self._judge(job, reporter.check, reporter.stopped)
        if reporter.stale:
            bound.warning("attempt_is_stale")
            return
        try:
            self.client.verdict(job, report, VERDICT_PATIENCE_S)
        except StaleError:
            bound.warning("attempt_is_stale")
        except (UnreachableError, RefusedError) as error:
            bound.error("verdict_not_delivered", error=str(error), then="the lease ends and the job is given out again")
        else:
            bound.info("judged", verdict=report.verdict.value, seconds=round(time.monotonic() - started, 3))

    def _judge(self, job: Job, on_check: Callable[[CheckResult], None], stopped: Callable[[], bool]) -> Report:
        try:
            files = self.client.judge(job.judge_digest)
        except (BadBundleError, UnreachableError, RefusedError) as error:
            return Report(verdict=Verdict.INFRA_ERROR, level=self.supervisor.level, message=str(error))
        submission = Submission(files, job.source, job.checks, job.limits)
        return self.supervisor.judge(submission, on_check, stopped)
