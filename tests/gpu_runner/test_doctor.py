"""`doctor` says what is missing and, asked to mend it, runs what can be run: printed first, never anything else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gpu_runner import doctor, lab
from gpu_runner.protocol import Level
from gpu_runner.supervisor.levels import cgroups_remedy, namespaces_remedy

SYSCTL = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
SCOPE = "systemd-run --user --scope -p Delegate=yes <the same command>"
ADVICE = "mount a writable cgroup file system (in Docker: --cgroupns=private and a writable /sys/fs/cgroup)"


def facts(*remedies: str, level: Level | str = Level.NAMESPACES) -> doctor.Facts:
    return doctor.Facts(str(level), "", [f"thing {n}" for n, _ in enumerate(remedies)], list(remedies), os.geteuid())


class Machine:
    """Stands in for this one: what is found, one look after the other, and the programs that were run."""

    def __init__(self, programs: Path, looks: list[doctor.Facts]) -> None:
        self.looks = looks
        self.programs = programs

    def examine(self) -> doctor.Facts:
        return self.looks.pop(0)

    def install(self, name: str, exit_code: int = 0) -> None:
        program = self.programs / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.programs}/ran\nexit {exit_code}\n')
        program.chmod(0o755)

    def ran(self) -> list[str]:
        path = self.programs / "ran"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path, [])
    monkeypatch.setattr(doctor, "examine", made.examine)
    monkeypatch.setenv("PATH", str(tmp_path))
    return made


@pytest.fixture(params=[0, 1000], ids=["root", "ordinary user"])
def uid(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(os, "geteuid", lambda: request.param)
    return int(request.param)


def test_the_command_is_printed_run_and_looked_at_again(
    machine: Machine, uid: int, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.looks = [facts(SYSCTL), facts(level=Level.FULL)]
    machine.install("sysctl" if uid == 0 else "sudo")
    assert lab.main(["doctor", "--fix"]) == lab.Exit.PASSED
    command = "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    assert machine.ran() == [command if uid == 0 else f"sudo {command}"]
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "sandbox level: namespaces"
    assert f"running: {machine.ran()[0]}" in lines
    assert lines[-1] == "sandbox level: full"


def test_without_fix_nothing_is_run(machine: Machine, uid: int, capsys: pytest.CaptureFixture[str]) -> None:
    machine.looks = [facts(SYSCTL)]
    for name in ("sysctl", "sudo"):
        machine.install(name)
    assert lab.main(["doctor"]) == lab.Exit.NOT_PASSED
    assert (machine.ran(), uid) == ([], os.geteuid())
    assert f"to add it: {SYSCTL}" in capsys.readouterr().out


def test_advice_is_never_run(machine: Machine, uid: int, capsys: pytest.CaptureFixture[str]) -> None:
    machine.looks = [facts(ADVICE, "docker run --security-opt seccomp=unconfined …", "rm -rf sysctl")]
    for name in ("mount", "docker", "rm", "sudo"):
        machine.install(name)
    assert lab.main(["doctor", "--fix"]) == lab.Exit.NOT_PASSED
    assert (machine.ran(), uid) == ([], os.geteuid())
    assert "Nothing of this can be done from here" in capsys.readouterr().out


def test_in_a_delegated_scope_the_level_is_looked_at_there(machine: Machine, uid: int) -> None:
    machine.looks = [facts(SCOPE)]
    machine.install("systemd-run")
    assert lab.main(["doctor", "--fix"]) == lab.Exit.NOT_PASSED
    assert uid == os.geteuid()
    assert machine.ran() == [f"systemd-run --user --scope -p Delegate=yes -- {sys.executable} -m gpu_runner.lab doctor"]


def test_a_command_that_fails_is_told(machine: Machine, uid: int, capsys: pytest.CaptureFixture[str]) -> None:
    machine.looks = [facts(SYSCTL)]
    machine.install("sysctl" if uid == 0 else "sudo", exit_code=7)
    assert lab.main(["doctor", "--fix"]) == lab.Exit.NOT_PASSED
    assert "exit code 7" in capsys.readouterr().out


def test_a_program_that_is_not_there_is_told(machine: Machine, uid: int, capsys: pytest.CaptureFixture[str]) -> None:
    machine.looks = [facts(SYSCTL)]
    assert lab.main(["doctor", "--fix"]) == lab.Exit.NOT_PASSED
    assert f"{'sysctl' if uid == 0 else 'sudo'} is not installed here" in capsys.readouterr().out


def test_a_full_machine_needs_nothing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.looks = [facts(level=Level.FULL)]
    assert lab.main(["doctor", "--fix"]) == lab.Exit.PASSED
    assert "Nothing to mend." in capsys.readouterr().out


def test_a_package_is_installed_without_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert doctor.command_for("sudo apt install libseccomp2") == ["apt", "install", "--yes", "libseccomp2"]


def test_every_remedy_there_is_can_be_read() -> None:
    for remedy in (namespaces_remedy(), cgroups_remedy()):
        doctor.command_for(remedy)
