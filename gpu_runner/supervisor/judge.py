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

from gpu_runner.labspec import LabError, read_lab
from gpu_runner.protocol import CheckResult, Level, Report, Verdict
from gpu_runner.sandbox import channel
from gpu_runner.supervisor import cgroups
from gpu_runner.supervisor.children import SetupError, end
from gpu_runner.supervisor.levels import detect_level
from gpu_runner.supervisor.logs import clean
from gpu_runner.supervisor.news import News, Tell, tell_nobody
from gpu_runner.supervisor.pool import ChildPool
from gpu_runner.supervisor.trial import Spent, Submission, Trial, source_problem
from gpu_runner.supervisor.verdicts import Trouble, overall, trouble
from gpu_runner.supervisor.zygotes import BootError, ZygoteKeeper, checker_role, sandbox_role

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKER_PATIENCE_S: Final = 60.0
LOOK_FOR_CANCEL_S: Final = 0.1
ZYGOTE_LIFETIME: Final = 500


CANCELLED: Final = (Verdict.NO_RESULT, "Cancelled.")


def ignore_check(_result: CheckResult) -> None:
    """For callers that want the report only."""


def never() -> bool:
    """For callers that never cancel."""
    return False


@dataclass(slots=True)
class Supervisor:
    """Two warm zygotes and everything that is needed to run submissions through them, several at a time."""

    unsafe_local: bool = False
    libraries: tuple[str, ...] = ()
    spares: int = 1
    zygote_lifetime: int = ZYGOTE_LIFETIME
    level: Level = Level.FULL
    missing: list[str] = field(default_factory=list)
    _checkers: ZygoteKeeper | None = None
    _pool: ChildPool | None = None

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Find the level, clear what a killed predecessor left, warm up. Raises BootError or NoSandboxError."""
        found = detect_level(unsafe_local=self.unsafe_local)
        self.level, self.missing = found.level, found.missing
        if found.hierarchies:
            cgroups.sweep(found.hierarchies)
        jailed = self.level is not Level.UNSAFE_LOCAL
        self._checkers = ZygoteKeeper(checker_role(), jailed, self.zygote_lifetime)
        sandboxes = ZygoteKeeper(sandbox_role(self.libraries), jailed, self.zygote_lifetime)
        self._pool = ChildPool(sandboxes, found.hierarchies, jailed, self.spares)
        warm = threading.Thread(target=_warm_quietly, args=(sandboxes,))
        warm.start()
        self._checkers.release(self._checkers.acquire())
        warm.join()
        sandboxes.release(sandboxes.acquire())

    def warm(self, libraries: tuple[str, ...]) -> None:
        """Bring up a sandbox zygote that has these libraries imported too, without making anybody wait for it."""
        assert self._pool is not None, "start() was not called"  # noqa: S101 - a programming error
        self._pool.keeper.replace(sandbox_role(libraries))

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool.keeper.close()
        if self._checkers is not None:
            self._checkers.close()

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
            return self._refuse(Verdict.ERROR, problem)
        wanted = [spec for spec in lab.checks if submission.checks is None or spec.id in submission.checks]
        trial = Trial(lab, submission, submission.limits or lab.limits, wanted, on_check, cancelled, News(on_news))
        try:
            self._hold_trial(trial)
        except (channel.ClosedError, TimeoutError, BootError, SetupError, OSError) as error:
            trial.broken = f"{type(error).__name__}: {error}"
        trial.news.finish()
        return self._report(trial)

    def _refuse(self, verdict: Verdict, message: str) -> Report:
        return Report(verdict=verdict, level=self.level, message=clean(message))

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

    def _hold_trial(self, trial: Trial) -> None:
        assert self._checkers is not None, "start() was not called"  # noqa: S101 - a programming error
        ours, theirs = channel.pair()
        ours.settimeout(CHECKER_PATIENCE_S)
        zygote = self._checkers.acquire()
        try:
            zygote.fork((theirs.fileno(),), isolate=False)
            theirs.close()
            checker = os.pidfd_open(channel.receive(ours).pid)
            try:
                channel.send(ours, _brief(trial))
                self._converse(ours, trial)
            finally:
                end(checker)
        finally:
            ours.close()
            theirs.close()
            self._checkers.release(zygote)

    def _converse(self, checker: socket.socket, trial: Trial) -> None:
        specs = {spec.id: spec for spec in trial.wanted}
        while _has_news(checker, trial.cancelled):
            message = channel.receive(checker)
            body = message.body
            match body["op"]:
                case "begin":
                    trial.current, trial.check = body["check"], Spent()
                case "call":
                    self._call(checker, trial, message)
                case "check":
                    trial.record(specs[body["check"]], Verdict(body["verdict"]), body["message"], body["details"])
                case "broken":
                    trial.broken = body["error"]
                    return
                case "done":
                    return

    def _call(self, checker: socket.socket, trial: Trial, message: channel.Received) -> None:
        """Run one call for the checker and send it what came of it."""
        assert self._pool is not None, "start() was not called"  # noqa: S101 - a programming error
        try:
            budget = trial.remaining()
            request = _request(trial, message.body)
            outcome = self._pool.run(request, message.fds[0], budget, trial.limits, trial.cancelled, trial.news)
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
                channel.send(checker, {"op": "result", "keeper": outcome.keeper}, (outcome.result,))
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
        "declared": [spec.id for spec in trial.lab.checks],
        "limits": trial.limits.model_dump(),
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
    }


def _failure(found: Trouble) -> dict[str, Any]:
    return {"op": "trouble", "verdict": found.verdict.value, "message": found.message}
