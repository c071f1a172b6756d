"""Say how a long run goes: `report(step=120, loss=0.51)`, from a lab's probe or from one's own code.

The values appear on the page while the run goes on, as "reported by your code": they are shown and never judged.
Outside the runner they are printed.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any, Final

MAX_LINE: Final = 512  # below PIPE_BUF: a line arrives whole or not at all

_pipe: list[int] = []  # the descriptor that the runner reads; empty outside it


def connect(fd: int) -> None:
    """Report to the runner through this descriptor from now on."""
    os.set_blocking(fd, False)
    _pipe[:] = [fd]


def report(**values: Any) -> None:
    """Tell numbers by name; a tensor of one element counts as a number.

    Report as often as you like: the runner shows a few reports a second and the latest value of each name. Raises
    TypeError or ValueError for what is no number, and ValueError for more than fits into one report.
    """
    numbers = {name: value if type(value) is int else float(value) for name, value in values.items()}
    line = json.dumps(numbers).encode() + b"\n"
    if len(line) > MAX_LINE:
        raise ValueError(f"a report takes {len(line)} bytes; at most {MAX_LINE} are allowed")
    if not _pipe:
        sys.stdout.write("  ".join(f"{name} {number:.6g}" for name, number in numbers.items()) + "\n")
        return
    with contextlib.suppress(OSError):  # a full pipe: the next report is as good, and no run may fail for want of one
        os.write(_pipe[0], line)
