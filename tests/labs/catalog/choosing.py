"""Which labs a run proves in full: the changed ones and a third of the rest, another third with every commit.

All labs of a long catalogue would take longer than a test run may. The reference and the starter of every quick lab
are run each time all the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PARTS: Final = 3
ROOT: Final = Path(__file__).parents[3]
CATALOG: Final = ROOT / "labs" / "catalog"
LABS: Final = sorted(path.parent for path in CATALOG.glob("[!._]*/lab.yaml"))


@dataclass(frozen=True)
class Choice:
    """The labs to prove in full, by folder name, and why these."""

    labs: frozenset[str]
    reason: str


def choose(labs: Sequence[str], turn: int, changed: frozenset[str]) -> Choice:
    """Over PARTS turns that follow each other every lab is chosen; a changed one always is.

    Labs are dealt in the given order: dealt by what they take, no turn gets all that train for long.
    """
    part = {lab for at, lab in enumerate(labs) if at % PARTS == turn % PARTS}
    listed = ", ".join(sorted(changed)) or "none"
    return Choice(frozenset(part | (changed & set(labs))), f"part {turn % PARTS + 1} of {PARTS}; changed: {listed}")


def seconds(lab: Path) -> float:
    """What the reference takes by the lab's proof, or nothing if it has none."""
    with contextlib.suppress(FileNotFoundError):
        return float(json.loads((lab / "proof.json").read_text())["reference"]["cpu_s"])
    return 0.0


def this_run(labs: Sequence[str] | None = None) -> Choice:
    """What this run proves: LABS=all or LABS=slug,slug decide it by hand, else git does."""
    labs = labs or [lab.name for lab in sorted(LABS, key=seconds, reverse=True)]
    asked = os.environ.get("LABS", "")
    if asked:
        wanted = frozenset(labs) if asked == "all" else frozenset(asked.replace(",", " ").split())
        return Choice(wanted, f"LABS={asked}")
    return choose(labs, turn_of(ROOT), changed_in(ROOT))


def turn_of(root: Path) -> int:
    """The number of commits, so that the next commit proves the next part. A clone cut short goes by its hash."""
    if _git(root, "rev-parse", "--is-shallow-repository") == "true":
        return int(_git(root, "rev-parse", "HEAD")[:8], 16)
    return int(_git(root, "rev-list", "--count", "HEAD") or 0)


def changed_in(root: Path) -> frozenset[str]:
    """Labs that differ from the trunk; on the trunk itself, from the commit before. Uncommitted work counts."""
    head, trunk = _git(root, "rev-parse", "HEAD"), _git(root, "merge-base", "HEAD", "origin/HEAD")
    base = trunk if trunk and trunk != head else "HEAD~1"
    names = _git(root, "diff", "--name-only", base, "--", "labs/catalog").splitlines()
    names += _git(root, "ls-files", "--others", "--exclude-standard", "--", "labs/catalog").splitlines()
    return frozenset(name.split("/")[2] for name in names if name.count("/") > 2)


def _git(root: Path, *arguments: str) -> str:
    """What git says, or nothing where there is no git, no repository or no such commit."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
