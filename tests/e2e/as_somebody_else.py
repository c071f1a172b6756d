"""Become an ordinary user with a private home, then run a command: `as_somebody_else.py UID HOME PATH… -- COMMAND…`.

Run as root in a mount namespace of its own. Each PATH (the checkout, the environment, Python itself) is made reachable
for the user even where it lies under a folder only root may enter, such as /root: that folder is replaced, in this
namespace only, by an empty one in which PATH is mounted. An ordinary user's own Python lies where they can reach it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


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
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(closed))
    path.mkdir(parents=True, exist_ok=True)
    mount("--bind", f"/proc/self/fd/{hold}", str(path))
    os.close(hold)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, close_fds=False)


if __name__ == "__main__":
    main()
