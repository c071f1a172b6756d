"""From what was seen outside to a verdict and a sentence that prints the limit and what was used."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpu_runner.protocol import CheckResult, Verdict
from gpu_runner.supervisor.meters import over_processes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpu_runner.protocol import Limits
    from gpu_runner.supervisor.children import Outcome


@dataclass(frozen=True, slots=True)
class Trouble:
    """A reason, seen from outside, why a call has no answer worth reading."""

    verdict: Verdict
    message: str


def trouble(outcome: Outcome, limits: Limits) -> Trouble | None:
    """What stopped a call, or None if its answer may be read. `limits` are those in force for this call.

    Processes come first: what starts too many of them may run out of time or memory as well, and that is why.
    """
    return (
        _too_many_processes(outcome, limits)
        or _stopped_by_us(outcome, limits)
        or _killed_for_memory(outcome, limits)
        or _bad_end(outcome, limits)
    )


def _too_many_processes(outcome: Outcome, limits: Limits) -> Trouble | None:
    """Refused by a control group, or without one seen at a reading of the process tree."""
    if refused := outcome.counts.refused_forks:
        text = f"Your code tried to start more processes or threads than the limit of {limits.processes}"
        return Trouble(Verdict.LIMIT, f"{text} ({refused} more were refused).")
    if over_processes(outcome.counts.tasks, limits):
        text = f"Your code started more processes or threads than the limit of {limits.processes}."
        return Trouble(Verdict.LIMIT, text)
    return None


def _killed_for_memory(outcome: Outcome, limits: Limits) -> Trouble | None:
    return Trouble(Verdict.MEMORY, _memory(outcome, limits)) if outcome.counts.oom_kills else None


def _bad_end(outcome: Outcome, limits: Limits) -> Trouble | None:
    if outcome.answered or outcome.exit == 0:
        return None
    if outcome.exit is None:
        return Trouble(Verdict.INFRA_ERROR, "The sandbox ended before it reported. This is our failure, not yours.")
    return _by_signal(-outcome.exit, outcome, limits) if outcome.exit < 0 else None


def _stopped_by_us(outcome: Outcome, limits: Limits) -> Trouble | None:
    match outcome.stopped_for:
        case "wall":
            text = f"Stopped after {outcome.wall_s:.1f} s: the limit is {limits.wall_s:g} s of wall time."
            return Trouble(Verdict.TIMEOUT, f"{text} CPU time used: {outcome.counts.cpu_s:.1f} s.")
        case "cpu":
            text = f"Stopped after {outcome.counts.cpu_s:.1f} s of CPU time: the limit is {limits.cpu_s:g} s."
            return Trouble(Verdict.TIMEOUT, text)
        case "memory" | "gpu memory":
            return Trouble(Verdict.MEMORY, _memory(outcome, limits))
        case "log":
            used = len(outcome.log) // 1024
            return Trouble(
                Verdict.LIMIT, f"Your code printed more than {limits.log_kb} KiB ({used} KiB when it was stopped)."
            )
        case "cancelled":
            return Trouble(Verdict.NO_RESULT, "Cancelled.")
    return None


def _memory(outcome: Outcome, limits: Limits) -> str:
    if outcome.counts.gpu_over:
        may, rose = outcome.counts.gpu_cap_mb, outcome.counts.gpu_peak_mb
        return f"Out of GPU memory: your code may use {may} MiB; the card's use rose by {rose:.0f} MiB."
    used = outcome.counts.peak / 2**20
    return f"Out of memory: all processes together may hold {limits.memory_mb} MiB; the peak was {used:.0f} MiB."


def _by_signal(number: int, outcome: Outcome, limits: Limits) -> Trouble:
    if number == signal.SIGXCPU:
        used = f"{outcome.counts.cpu_s:.1f} s"
        return Trouble(Verdict.TIMEOUT, f"Stopped after {used} of CPU time: the limit is {limits.cpu_s:g} s.")
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = str(number)
    return Trouble(Verdict.CRASH, f"The process that ran your code died of signal {name} ({number}).")


def overall(results: Sequence[CheckResult]) -> Verdict:
    """The verdict on a submission: ours if anything of ours failed, else that of the first check that did not pass."""
    verdicts = [result.verdict for result in results]
    if not verdicts or Verdict.INFRA_ERROR in verdicts:
        return Verdict.INFRA_ERROR
    return next((verdict for verdict in verdicts if verdict is not Verdict.PASSED), Verdict.PASSED)
