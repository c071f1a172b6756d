"""How a check ends other than by passing."""

from __future__ import annotations

from typing import Any

from gpu_runner.protocol import Verdict


class Stopped(Exception):  # noqa: N818 - an outcome and not an error of ours
    """The check is decided: `verdict`, a sentence, and details for people."""

    def __init__(self, verdict: Verdict, message: str, **details: Any) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.message = message
        self.details = details


def failed(message: str, **details: Any) -> Stopped:
    """The answer is there and wrong."""
    return Stopped(Verdict.FAILED, message, **details)


def erred(message: str, **details: Any) -> Stopped:
    """The learner's code raised or did not keep the contract."""
    return Stopped(Verdict.ERROR, message, **details)
