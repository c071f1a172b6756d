"""Judge submissions: the checker draws and compares, a fresh child answers, and this process holds them apart."""

from __future__ import annotations

import base64
import contextlib
import os
import select
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gpu_runner.gpu.lane import CardError
from gpu_runner.labspec import LabError, asked_for, read_lab
from gpu_runner.protocol import TRACE, CheckResult, Lane, Level, Limits, Report, Verdict
from gpu_runner.sandbox import channel
from gpu_runner.seeding import seed_for
from gpu_runner.supervisor import cgroups
from gpu_runner.supervisor.checkers import CheckerPool
from gpu_runner.supervisor.children import SetupError
from gpu_runner.supervisor.housekeeping import Housekeeping
from gpu_runner.supervisor.levels import detect_level
from gpu_runner.supervisor.logs import clean
from gpu_runner.supervisor.news import News, Tell, tell_nobody
from gpu_runner.supervisor.pool import ChildPool
from gpu_runner.supervisor.trial import Spent, Submission, Trial, source_problem
from gpu_runner.supervisor.verdicts import Trouble, overall, trouble
from gpu_runner.supervisor.zygotes import (
    BootError,
    Role,
    ZygoteKeeper,
    checker_role,
    gpu_role,
    libraries_named,
    sandbox_role,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gpu_runner.gpu.lane import GpuLane
    from gpu_runner.supervisor.cgroups import Hierarchies

CHECKER_PATIENCE_S: Final = 60.0
LOOK_FOR_CANCEL_S: Final = 0.1
ZYGOTE_LIFETIME: Final = 500
SPARES: Final = 6  # children kept ready: about as many as a lab has checks

CANCELLED: Final = (Verdict.NO_RESULT, "Cancelled.")


def ignore_check(_result: CheckResult) -> None:
    """For callers that want the report only."""


def never() -> bool:
    """For callers that never cancel."""
    return False


@dataclass(slots=True)
class Supervisor:
    """Warm zygotes and everything that is needed to run submissions through them, several at a time.

    Children are forked from a zygote that holds little, because forking one and taking it down takes time in proportion
    to what it holds. Only submissions that name more libraries get theirs from one that has them (see `warm`).
    """

    unsafe_local: bool = False
    libraries: tuple[str, ...] = ()
    spares: int = SPARES
    zygote_lifetime: int = ZYGOTE_LIFETIME
    level: Level = Level.FULL
    missing: list[str] = field(default_factory=list)
    _chores: Housekeeping = field(default_factory=Housekeeping)
    _hierarchies: Hierarchies | None = None
    _checkers: CheckerPool | None = None
    _pool: ChildPool | None = None
    _rich_pool: ChildPool | None = None
    _gpu_pool: ChildPool | None = None

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Find the level, clear what a killed predecessor left, warm up. Raises BootError or NoSandboxError."""
        found = detect_level(unsafe_local=self.unsafe_local)
        self.level, self.missing, self._hierarchies = found.level, found.missing, found.hierarchies
        if found.hierarchies:
            cgroups.sweep(found.hierarchies)
        self._checkers = CheckerPool(self._keeper(checker_role()), self._chores, spare=self.spares > 0)
        self._checkers.keeper.on_renewal = self._checkers.drop_worn
        self._pool = self._pool_of(sandbox_role(self.libraries))
        warm = threading.Thread(target=_warm_quietly, args=(self._pool.keeper,))
        warm.start()
        self._checkers.keeper.release(self._checkers.keeper.acquire())
        warm.join()
        self._pool.keeper.release(self._pool.keeper.acquire())

    def warm(self, libraries: tuple[str, ...]) -> None:
        """Bring up a zygote that has these libraries imported too, without making anybody wait for it."""
        self._rich_pool = self._pool_of(sandbox_role(libraries))
        self._rich_pool.keeper.warm()

    def take_card(self, lane: GpuLane) -> None:
        """Serve the lane `gpu` too. Its children are made when they are needed: each holds a context on the card."""
        self.give_card_back()
        isolated = self.level is not Level.UNSAFE_LOCAL
        keeper = self._keeper(gpu_role(lane.card.uuid, lane.card.nodes))
        self._gpu_pool = ChildPool(keeper, self._hierarchies, isolated, 0, self._chores, lane)
        keeper.release(keeper.acquire())

    def give_card_back(self) -> None:
        """Serve the lane `gpu` no more."""
        pool, self._gpu_pool = self._gpu_pool, None
        if pool is not None:
            pool.close()
            pool.keeper.close()

    @property
    def has_card(self) -> bool:
        """Whether a card is here and was left clean by its last tenant."""
        return self._gpu_pool is not None and self._gpu_pool.gpu is not None and not self._gpu_pool.gpu.unclean

    def _keeper(self, role: Role) -> ZygoteKeeper:
        return ZygoteKeeper(role, self.level is not Level.UNSAFE_LOCAL, self.zygote_lifetime)

    def _pool_of(self, role: Role) -> ChildPool:
        isolated = self.level is not Level.UNSAFE_LOCAL
        pool = ChildPool(self._keeper(role), self._hierarchies, isolated, self.spares, self._chores)
        pool.keeper.on_renewal = pool.drop_worn
        return pool

    def settle(self) -> None:
        """Wait until all that past submissions used is gone and the spares are ready."""
        self._chores.settle()

    def close(self) -> None:
        pools = [pool for pool in (self._checkers, self._pool, self._rich_pool, self._gpu_pool) if pool is not None]
        for pool in pools:
            pool.close()
        for pool in pools:
            pool.keeper.close()
        self._chores.close()

    def judge(
        self,
        submission: Submission,
        on_check: Callable[[CheckResult], None] = ignore_check,
        cancelled: Callable[[], bool] = never,
        on_news: Tell = tell_nobody,
    ) -> Report:
        """Run the checks asked for. Never raises for anything a learner did; a broken lab is an `infra_error`."""
        try:
            lab = read_lab(submission.files)
        except LabError as error:
            return self._refuse(Verdict.INFRA_ERROR, str(error))
        problem = source_problem(submission.source, lab)
        if problem:
            return self._refuse(Verdict.ERROR, problem, submission.limits or lab.limits)
        wanted = asked_for(lab, submission.checks)
        trial = Trial(lab, submission, submission.limits or lab.limits, wanted, on_check, cancelled, News(on_news))
        try:
            with self._card_for(trial):
                self._hold_trial(trial)
        except (channel.ClosedError, TimeoutError, BootError, SetupError, CardError, OSError) as error:
            trial.broken = f"{type(error).__name__}: {error}"
        trial.news.finish()
        return self._report(trial)

    def _refuse(self, verdict: Verdict, message: str, limits: Limits | None = None) -> Report:
        return Report(verdict=verdict, level=self.level, message=clean(message), limits=limits or Limits())

    def _report(self, trial: Trial) -> Report:
        undecided = (Verdict.INFRA_ERROR, f"The checker stopped before this check was done. {trial.broken}".strip())
        for spec in trial.wanted:
            trial.record(spec, *(CANCELLED if trial.cancelled() else undecided), {})
        results = [trial.results[spec.id] for spec in trial.wanted]
        return Report(
            verdict=overall(results),
            checks=results,
            usage=trial.total.usage(),
            limits=trial.limits,
            log=trial.log.text(),
            level=self.level,
            message=clean(trial.broken),
        )

    @contextlib.contextmanager
    def _card_for(self, trial: Trial) -> Iterator[None]:
        """Have the card alone while a job of the lane `gpu` is judged, and wait until all it used is given back."""
        if trial.lab.lane != Lane.GPU:
            yield
            return
        if self._gpu_pool is None or self._gpu_pool.gpu is None:
            raise CardError("this runner has no card")
        with self._gpu_pool.gpu.lend(trial.lab.gpu_memory_mb, trial.cancelled) as tenant:
            yield
            self._chores.settle()  # the last child is gone before the card is looked at
        used = f"GPU memory: peak {tenant.peak_mb:.0f} MiB, {tenant.cap_mb} MiB may be handed out."
        trial.log.add("card", used.encode())

    def _hold_trial(self, trial: Trial) -> None:
        assert self._checkers is not None, "start() was not called"  # noqa: S101 - a programming error
        pool = self._pool_for(trial)
        checker = self._checkers.take()
        checker.channel.settimeout(CHECKER_PATIENCE_S)
        try:
            with pool.submission():
                channel.send(checker.channel, _brief(trial))
                self._converse(checker.channel, trial, pool)
        finally:
            self._checkers.put_away(checker)

    def _pool_for(self, trial: Trial) -> ChildPool:
        """Where this submission's children come from: the lean zygote, unless it wants more and more is warm."""
        assert self._pool is not None, "start() was not called"  # noqa: S101 - a programming error
        if trial.lab.lane == Lane.GPU and self._gpu_pool is not None:
            return self._gpu_pool
        text = trial.submission.source + trial.submission.files.get("probe.py", b"").decode()
        wanted = {*trial.lab.preload, *libraries_named(text)} - set(self.libraries)
        if wanted and self._rich_pool is not None and self._rich_pool.keeper.warm():
            return self._rich_pool
        return self._pool

    def _converse(self, checker: socket.socket, trial: Trial, pool: ChildPool) -> None:
        specs = {spec.id: spec for spec in trial.wanted}
        while _has_news(checker, trial.cancelled):
            message = channel.receive(checker)
            body = message.body
            match body["op"]:
                case "begin":
                    trial.current, trial.check, trial.calls = body["check"], Spent(), 0
                case "call":
                    _call(checker, trial, pool, message)
                case "check":
                    trial.record(specs[body["check"]], Verdict(body["verdict"]), body["message"], body["details"])
                case "broken":
                    trial.broken = body["error"]
                    return
                case "done":
                    return


def _call(checker: socket.socket, trial: Trial, pool: ChildPool, message: channel.Received) -> None:
    """Run one call for the checker and send it what came of it."""
    try:
        budget = trial.remaining()
        request = _request(trial, message.body)
        trial.calls += 1
        outcome = pool.run(request, message.fds[0], budget, trial.limits, trial.cancelled, trial.news)
    except (SetupError, channel.ClosedError, BootError) as error:
        channel.send(checker, _failure(Trouble(Verdict.INFRA_ERROR, str(error))))
        return
    finally:
        message.close()
    trial.check.add(outcome.usage())
    trial.total.add(outcome.usage())
    trial.log.add(trial.current, outcome.log[: trial.limits.log_kb * 1024])
    found = trouble(outcome, trial.limits)
    try:
        if found:
            channel.send(checker, _failure(found))
        else:
            answer = {"op": "result", "keeper": outcome.keeper, "usage": outcome.usage().model_dump()}
            channel.send(checker, answer, (outcome.result,))
    finally:
        os.close(outcome.result)


def _has_news(checker: socket.socket, cancelled: Callable[[], bool]) -> bool:
    """Wait until the checker says something; False if the job is cancelled first. Raises TimeoutError."""
    deadline = time.monotonic() + CHECKER_PATIENCE_S
    while not cancelled():
        if select.select([checker], [], [], LOOK_FOR_CANCEL_S)[0]:
            return True
        if time.monotonic() > deadline:
            raise TimeoutError(f"the checker was silent for {CHECKER_PATIENCE_S:g} s")
    return False


def _warm_quietly(keeper: ZygoteKeeper) -> None:
    with contextlib.suppress(BootError):  # the caller tries once more and reports
        keeper.release(keeper.acquire())


def _brief(trial: Trial) -> dict[str, Any]:
    files = {path: base64.b64encode(data).decode() for path, data in trial.submission.files.items()}
    return {
        "op": "judge",
        "files": files,
        "source": trial.submission.source,
        "filename": trial.lab.filename,
        "checks": [spec.id for spec in trial.wanted],
        "declared": [spec.id for spec in trial.lab.checks] + ([TRACE] if trial.lab.trace else []),
        "limits": trial.limits.model_dump(),
        "seed": trial.submission.seed,
    }


def _request(trial: Trial, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "op": body["kind"],
        "name": body["name"],
        "return_inputs": body["return_inputs"],
        "filename": trial.lab.filename,
        "entry_points": trial.lab.entry_points,
        "source": trial.submission.source,
        "probe": body["probe"],
        "mine": [part.model_dump() for part in trial.submission.mine],
        "seed": seed_for(trial.submission.seed, "call", trial.current, trial.calls),
    }


def _failure(found: Trouble) -> dict[str, Any]:
    return {"op": "trouble", "verdict": found.verdict.value, "message": found.message}
