"""Become an ordinary user with a private home, then run a command: `as_somebody_else.py UID HOME PATH… -- COMMAND…`.

Run as root in a mount namespace of its own. Each PATH (the checkout, the environment, Python itself) is made reachable
for the user even where it lies under a folder only root may enter, such as /root: that folder is replaced, in this
namespace only, by an empty one in which PATH is mounted. An ordinary user's own Python lies where they can reach it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

MS_BIND = 4096
MS_REC = 16384


def main() -> None:
    uid, home, *rest = sys.argv[1:]
    split = rest.index("--")
    for path in rest[:split]:
        make_reachable(Path(path))
    os.setgroups([])
    os.setgid(int(uid))
    os.setuid(int(uid))
    os.environ["HOME"] = home
    os.execvp(rest[split + 1], rest[split + 1 :])


def make_reachable(path: Path) -> None:
    """Leave `path` as it is, but let everybody walk to it."""
    closed = next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None)
    if closed is None:
        return
    hold = os.open(path, os.O_PATH)
    if not os.path.ismount(closed):
        mount("tmpfs", closed, "tmpfs", 0, "mode=755")
    path.mkdir(parents=True, exist_ok=True)
    mount(f"/proc/self/fd/{hold}", path, "", MS_BIND | MS_REC)
    os.close(hold)


def mount(source: str, target: Path, kind: str, flags: int, options: str = "") -> None:
    """mount(2) itself: the program of that name would look the source's path up again, where it is hidden by now."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), str(target).encode(), kind.encode(), flags, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount {source} at {target}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
