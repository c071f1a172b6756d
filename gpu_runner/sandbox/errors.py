"""Describe an exception from a learner's code without trusting anything about it."""

from __future__ import annotations

import linecache
import traceback
from typing import Any, Final

from gpu_runner.sandbox import mine, wire

MAX_TEXT: Final = 2000
MAX_FRAMES: Final = 20


def describe(error: BaseException, filename: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """A JSON-able account: kind, type, message, errno, and the frames of the learner's file and of `mine`."""
    number = getattr(error, "errno", None) if isinstance(error, OSError) else None
    return {
        "kind": _kind(error),
        "type": clip(type(error).__name__),
        "message": _message(error),
        "errno": number if type(number) is int else None,
        "traceback": _frames(error, filename, parts),
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


def _frames(error: BaseException, filename: str, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if isinstance(error, SyntaxError) and error.filename == filename:
        return [{"line": error.lineno, "function": "", "text": clip(error.text or "").strip()}]
    walked = [(f.f_code, n) for f, n in traceback.walk_tb(error.__traceback__)]
    own = [(code, n, mine.owner_of(code.co_filename, parts)) for code, n in walked]
    shown = [(code, n, part) for code, n, part in own if part or code.co_filename == filename]
    return [
        {
            "line": n,
            "function": clip(code.co_name),
            "text": linecache.getline(code.co_filename, n).strip()[:200],
            **({"part": part} if part else {}),
        }
        for code, n, part in shown[-MAX_FRAMES:]
    ]


def clip(text: str) -> str:
    """At most MAX_TEXT characters, as an exact `str`."""
    return "".join(text[:MAX_TEXT])
