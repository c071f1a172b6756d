"""From a learner's reported exception to a verdict. The report is forgeable, but only to the learner's own harm."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from gpu_runner.checking.verdicts import Stopped, erred
from gpu_runner.protocol import Verdict
from gpu_runner.sandbox.jail import OPEN_FILES

if TYPE_CHECKING:
    from gpu_runner.protocol import Limits


def raised(error: Any, keeper: dict[str, Any], limits: Limits) -> Stopped:
    """The verdict for an exception; running into a limit is told apart from a mistake."""
    if not isinstance(error, dict):
        return Stopped(Verdict.NO_RESULT, "The process that ran your code left an unreadable report.")
    message, kind, name = (_text(error.get(key)) for key in ("message", "kind", "type"))
    details = {"traceback": _frames(error.get("traceback"))}
    reason = _limit(kind, error, keeper, limits)
    if reason:
        return Stopped(Verdict.LIMIT, f"{reason} Your code stopped with {name}: {message}", **details)
    if kind == "memory":
        text = f"Your code asked for more memory than there is (limit {limits.memory_mb} MiB): {message}"
        return Stopped(Verdict.MEMORY, text, **details)
    if kind == "exit":
        return Stopped(
            Verdict.ERROR, "Your code called sys.exit(), which ends the process; remove that call.", **details
        )
    if kind == "result_type":
        return erred(f"The answer cannot be used: {message}.", **details)
    return erred((f"{name}: {message}" if message else name) + _inside(details["traceback"]), **details)


def _inside(frames: list[dict[str, Any]]) -> str:
    """Where an own part of an earlier lab failed: the reader would look for it in this lab's file."""
    part = frames[-1].get("part", "") if frames else ""
    return f" (in {part}, line {frames[-1]['line']})" if part else ""


def _limit(kind: str, error: dict[str, Any], keeper: dict[str, Any], limits: Limits) -> str:
    scratch = f"The scratch folder is full (limits: {limits.disk_mb} MiB and {limits.inodes} files)."
    by_kind = {
        "result_size": f"The result is larger than the limit of {limits.result_mb} MiB.",
        "processes": f"More processes or threads were started than the limit of {limits.processes}.",
    }
    by_number = {
        errno.EFBIG: f"A file grew beyond the limit of {limits.file_mb} MiB.",
        errno.EMFILE: f"More files were open at once than the limit of {OPEN_FILES}.",
        errno.EAGAIN: by_kind["processes"],
        errno.ENOSPC: scratch,
    }
    if keeper.get("inodes_free") == 0:
        by_number[errno.ENOSPC] = f"The scratch folder holds as many files as it may: {limits.inodes}."
    elif keeper.get("disk_free") == 0:
        by_number[errno.ENOSPC] = f"The scratch folder is full: {limits.disk_mb} MiB."
    number = error.get("errno")
    found = by_kind.get(kind, "") or by_number.get(number if type(number) is int else 0, "")
    if found or 0 not in (keeper.get("inodes_free"), keeper.get("disk_free")):
        return found
    return by_number[errno.ENOSPC]  # libraries that hide the reason of a failed write


def _text(value: object) -> str:
    return value[:2000] if isinstance(value, str) else ""


def _frames(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        return []
    return [_frame(item) for item in value[:20] if isinstance(item, dict)]


def _frame(item: dict[str, Any]) -> dict[str, Any]:
    line = item.get("line")
    return {
        "line": line if type(line) is int and 0 <= line < 10**7 else 0,
        "function": _text(item.get("function")),
        "text": _text(item.get("text")),
        **({"part": _text(item["part"])} if item.get("part") else {}),
    }
