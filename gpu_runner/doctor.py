"""Which sandbox level this machine gives, what is missing, and on request: doing what adds it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gpu_runner.protocol import Level
from gpu_runner.supervisor.levels import NoSandboxError, detect_level

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S: Final = 300.0
SAME_COMMAND: Final = "<the same command>"
CAN_RUN: Final = ("sysctl", "apt", "systemd-run")
"""What may be run here; anything else in a remedy is for a person, such as how to start a container."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds on this machine; `remedies` has one command or sentence for each entry of `missing`."""

    level: str
    cgroups: str
    missing: list[str]
    remedies: list[str]
    uid: int


def examine() -> Facts:
    """Look anew."""
    detect_level.cache_clear()
    try:
        found = detect_level()
    except NoSandboxError as error:
        return Facts("", "", error.missing, error.remedies, os.geteuid())
    cgroup = found.hierarchies.version if found.hierarchies else ""
    return Facts(found.level.value, cgroup, found.missing, found.remedies, os.geteuid())


def tell(facts: Facts, say: Callable[[str], None]) -> None:
    """The facts in words."""
    say(f"sandbox level: {facts.level or 'none'}" + (f" (cgroups {facts.cgroups})" if facts.cgroups else ""))
    for text, remedy in zip(facts.missing, facts.remedies, strict=True):
        say(f"missing: {text}\n  to add it: {remedy}")


def fix(facts: Facts, say: Callable[[str], None]) -> Facts:
    """Run what can be run of the remedies, each printed first, and look again. What can't be run stays printed."""
    if facts.level == Level.FULL:
        say("Nothing to mend.")
        return facts
    commands = [command for remedy in facts.remedies if (command := command_for(remedy)) is not None]
    if not commands:
        say("Nothing of this can be done from here; do what is said above.")
    worked = [_run(command, say) for command in commands]
    return examine() if any(worked) else facts


def command_for(remedy: str) -> list[str] | None:
    """The command that a remedy stands for, as this user can run it; None for advice to a person."""
    words = [word for word in remedy.replace(SAME_COMMAND, "").split() if word != "sudo"]
    if words[0] not in CAN_RUN:
        return None
    if words[0] == "systemd-run":
        return [*words, "--", sys.executable, "-m", "gpu_runner.lab", "doctor"]
    if words[0] == "apt":
        words.insert(2, "--yes")
    return words if os.geteuid() == 0 else ["sudo", *words]


def _run(command: list[str], say: Callable[[str], None]) -> bool:
    """Run a command in this terminal, so that `sudo` can ask for a password; whether it worked."""
    say(f"running: {shlex.join(command)}")
    if shutil.which(command[0]) is None:
        say(f"  {command[0]} is not installed here; run the rest as root.")
        return False
    try:
        code = subprocess.run(command, check=False, timeout=PATIENCE_S).returncode
    except subprocess.TimeoutExpired:
        say(f"  it did not end in {PATIENCE_S:g} s and was stopped.")
        return False
    if command[0] == "systemd-run":
        say("  that is the level inside such a scope. `residual run` starts its runner in one by itself.")
        return False
    say("  done; a restart of the machine forgets it." if code == 0 and "sysctl" in command else f"  exit code {code}")
    return code == 0
