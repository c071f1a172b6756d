"""What a hostile submission is: its source, and the verdict it must get.

The lab asks for `double(x)`, twice a float32 tensor x (A, B). `HONEST` is right; everything else must not pass unless
it says so: an attack that fails silently and then answers right has done no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

HONEST = "def double(x):\n    return 2 * x\n"


@dataclass(frozen=True)
class Attack:
    """`verdicts` are acceptable; `says` must occur in the message."""

    name: str
    verdicts: str
    source: str
    says: str = ""
    wall_s: float = 10.0
    cpu_s: float = 1.0

    def __str__(self) -> str:
        return self.name


def refused(name: str, attempt: str) -> Attack:
    """An attempt that the kernel must refuse: the submission answers right only if it was refused."""
    body = "\n".join(f"        {line}" for line in attempt.strip().splitlines())
    source = f"""
import ctypes, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def syscall(number, *args):
    if libc.syscall(number, *args) == -1:
        raise OSError(ctypes.get_errno(), "refused")
def attempt():
    try:
{body}
    except (OSError, PermissionError) as error:
        return False
    return True
SUCCEEDED = attempt()
def double(x):
    return 2 * x if not SUCCEEDED else 0 * x
"""
    return Attack(name, "passed", source)
