"""Describe an exception from a learner's code without trusting anything about it."""

from __future__ import annotations

import linecache
import traceback
from typing import Any, Final

from gpu_runner.sandbox import wire

MAX_TEXT: Final = 2000
MAX_FRAMES: Final = 20


def describe(error: BaseException, filename: str) -> dict[str, Any]:
    """A JSON-able account: kind, type, message, errno, and the frames of the learner's own file."""
    number = getattr(error, "errno", None) if isinstance(error, OSError) else None
    return {
        "kind": _kind(error),
        "type": clip(type(error).__name__),
        "message": _message(error),
        "errno": number if type(number) is int else None,
        "traceback": _frames(error, filename),
    }


def _kind(error: BaseException) -> str:
    if isinstance(error, wire.UnsendableError):
        return "result_type"
    if isinstance(error, SyntaxError):
        return "syntax"
    if isinstance(error, SystemExit):
        return "exit"
    if isinstance(error, MemoryError) or "can't allocate memory" in _message(error):
        return "memory"
    if "can't start new thread" in _message(error):
        return "processes"
    return "exception"


def _message(error: BaseException) -> str:
    try:
        return clip(str(error))
    except BaseException:  # noqa: BLE001 - a hostile __str__ may raise anything
        return "(its message could not be read)"


def _frames(error: BaseException, filename: str) -> list[dict[str, Any]]:
    if isinstance(error, SyntaxError) and error.filename == filename:
        return [{"line": error.lineno, "function": "", "text": clip(error.text or "").strip()}]
    own = [(f, n) for f, n in traceback.walk_tb(error.__traceback__) if f.f_code.co_filename == filename]
    return [
        {"line": n, "function": clip(f.f_code.co_name), "text": linecache.getline(filename, n).strip()[:200]}
        for f, n in own[-MAX_FRAMES:]
    ]


def clip(text: str) -> str:
    """At most MAX_TEXT characters, as an exact `str`."""
    return "".join(text[:MAX_TEXT])
