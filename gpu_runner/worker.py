"""Claim jobs, judge them, tell the site: the loop behind the doorbell."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from gpu_runner.client import BadBundleError, RefusedError, SiteClient, StaleError, UnreachableError
from gpu_runner.host import describe_host
from gpu_runner.protocol import Claim, Host, Job, Lane, Report, Verdict
from gpu_runner.reporting import Reporter
from gpu_runner.supervisor.trial import Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_runner.supervisor.judge import Supervisor

IDLE_CLAIM_S: Final = 2.0
LANES: Final = (Lane.CHECK, Lane.TRAIN)  # served where nothing else is asked for
SIDE_BY_SIDE: Final = 2
LONG_AT_ONCE: Final = SIDE_BY_SIDE - 1  # one place is left for checks, whatever trains
VERDICT_PATIENCE_S: Final = 120.0
FIRST_REST_S: Final = 0.5
REST_DOUBLINGS: Final = 5  # so the longest rest is 16 s
LAST_CHECK_S: Final = 5.0  # how long a check may go on once this runner is asked to stop; longer runs end at once

log = structlog.get_logger("gpu_runner")


def read_lanes(text: str) -> tuple[Lane, ...]:
    """`check,train` as lanes. Raises ValueError naming one that this runner can't serve."""
    names = text.replace(",", " ").split()
    if unknown := set(names) - set(Lane):
        raise ValueError(f"RUNNER_LANES: {', '.join(sorted(unknown))} is not one of {', '.join(Lane)}")
    if not names:
        raise ValueError(f"RUNNER_LANES is empty; name one or more of {', '.join(Lane)}")
    return tuple(lane for lane in Lane if lane in names)


@dataclass(slots=True)
class Worker:
    """Drains the site's queue: at most SIDE_BY_SIDE jobs at a time, LONG_AT_ONCE of them in other lanes than check."""

    supervisor: Supervisor
    client: SiteClient
    lanes: tuple[Lane, ...] = LANES
    host: Host = field(default_factory=describe_host)
    _places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(SIDE_BY_SIDE))
    _claiming: threading.Lock = field(default_factory=threading.Lock)
    _long_jobs: int = 0
    _closing: threading.Event = field(default_factory=threading.Event)
    _complaint: str = ""
    _failures: int = 0
    _reporters: set[Reporter] = field(default_factory=set)
    _last_call: threading.Timer | None = None

    def drain(self) -> int:
        """Claim and judge until there is nothing to do; how many jobs that were."""
        count = 0
        while not self._closing.is_set():
            with self._places:
                job = self._next_job()
                if job is None:
                    break
                try:
                    self._rest_after(self._work(job))
                finally:
                    self._give_place_back(job)
                count += 1
        return count

    def claim_when_idle(self, every_s: float = IDLE_CLAIM_S) -> None:
        """Look for work now and then, so that a doorbell that was never heard costs seconds and not a job.

        What is found is judged in threads of their own: a run of minutes must not keep this one from looking.
        """
        busy: list[threading.Thread] = []
        pause = 0.0  # the first look is at once: it finds what was left from before, and introduces this runner
        while not self._closing.wait(pause):
            pause = every_s
            busy = [thread for thread in busy if thread.is_alive()]
            if len(busy) < SIDE_BY_SIDE:
                busy.append(threading.Thread(target=self.drain, name="found-while-idle", daemon=True))
                busy[-1].start()

    def close(self) -> None:
        """Claim nothing any more. A training run is handed back at once, a check if it does not end soon."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._last_call = threading.Timer(LAST_CHECK_S, self._let_go)
        self._last_call.daemon = True
        self._last_call.start()
        self._let_go(only_long=True)

    def _let_go(self, *, only_long: bool = False) -> None:
        for reporter in list(self._reporters):
            if not only_long or reporter.job.lane is not Lane.CHECK:
                reporter.let_go()

    def wait_until_idle(self) -> None:
        """Return once nothing is being judged; call `close` before, or it may be long."""
        for _ in range(SIDE_BY_SIDE):
            self._places.acquire()
        if self._last_call is not None:
            self._last_call.cancel()

    def _next_job(self) -> Job | None:
        """A job of a lane with a free place. One claim at a time: the places it names stay free until its answer."""
        with self._claiming:
            if self._closing.is_set():  # it may have been a while until our turn
                return None
            lanes = self._lanes()
            job = self._claim(lanes, [one for one in lanes if one is Lane.CHECK or self._long_jobs < LONG_AT_ONCE])
            self._long_jobs += job is not None and job.lane is not Lane.CHECK
            return job

    def _give_place_back(self, job: Job) -> None:
        with self._claiming:
            self._long_jobs -= job.lane is not Lane.CHECK

    def _lanes(self) -> list[Lane]:
        """What is served now: a card that was left unclean is announced no more."""
        return [lane for lane in self.lanes if lane is not Lane.GPU or self.supervisor.has_card]

    def _claim(self, lanes: list[Lane], free: list[Lane]) -> Job | None:
        level = self.supervisor.level
        try:
            job = self.client.claim(Claim(runner=self.client.name, lanes=lanes, free=free, level=level, host=self.host))
        except (UnreachableError, RefusedError, ValueError) as error:
            if str(error) != self._complaint:  # once per reason, not every two seconds
                log.warning("claim_failed", error=str(error))
                self._complaint = str(error)
            return None
        self._complaint = ""
        return job

    def _rest_after(self, verdict: Verdict) -> None:
        """After a failure of ours leave the next jobs to others, longer each time: a broken runner must not eat all."""
        self._failures = self._failures + 1 if verdict is Verdict.INFRA_ERROR else 0
        if self._failures:
            self._closing.wait(FIRST_REST_S * 2 ** min(self._failures - 1, REST_DOUBLINGS))

    def _work(self, job: Job) -> Verdict:
        """Judge one job, tell the site, return the verdict."""
        bound = log.bind(job=job.id, attempt=job.attempt, lab=job.lab, request_id=job.request_id)
        started = time.monotonic()
        with Reporter(self.client, job) as reporter, self._stoppable(reporter):
            reporter.add("started", {"level": self.supervisor.level.value, "runner": self.client.name})
            report = self._judge(job, reporter)
        if reporter.stale:
            bound.warning("attempt_is_stale")
            return report.verdict
        if reporter.handed_back and report.verdict is not Verdict.PASSED:
            self._hand_back(job)
            return report.verdict
        try:
            self.client.verdict(job, report, VERDICT_PATIENCE_S)
        except StaleError:
            bound.warning("attempt_is_stale")
        except (UnreachableError, RefusedError) as error:
            bound.error("verdict_not_delivered", error=str(error), then="the lease ends and the job is given out again")
        else:
            bound.info("judged", verdict=report.verdict.value, seconds=round(time.monotonic() - started, 3))
        return report.verdict

    @contextlib.contextmanager
    def _stoppable(self, reporter: Reporter) -> Iterator[None]:
        """While this is held, `close` can let go of the job; one that was claimed meanwhile is not even begun."""
        self._reporters.add(reporter)
        try:
            if self._closing.is_set():
                reporter.let_go()
            yield
        finally:
            self._reporters.discard(reporter)

    def _hand_back(self, job: Job) -> None:
        try:
            self.client.hand_back(job)
        except (StaleError, UnreachableError, RefusedError) as error:
            log.warning("not_handed_back", job=job.id, error=str(error), then="the lease ends and the job is given out")

    def _judge(self, job: Job, reporter: Reporter) -> Report:
        try:
            files = self.client.judge(job.judge_digest)
        except (BadBundleError, UnreachableError, RefusedError) as error:
            return Report(verdict=Verdict.INFRA_ERROR, level=self.supervisor.level, message=str(error))
        submission = Submission(files, job.source, job.checks, job.limits, job.mine)
        return self.supervisor.judge(submission, reporter.check, reporter.stopped, reporter.add)
