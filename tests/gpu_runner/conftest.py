"""One warm supervisor for all of these tests, and a lab small enough to judge in a blink."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gpu_runner.labspec import read_lab
from gpu_runner.protocol import Level, Report
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import NoSandboxError, detect_level
from gpu_runner.supervisor.trial import Submission
from tests.needs import lacking

LAB = b"""
id: lab-double
slug: double
title: Twice
filename: twice.py
entry_points: [double]
limits:
  {wall_s: 10, cpu_s: 1, memory_mb: 128, processes: 8, file_mb: 4, disk_mb: 8, inodes: 64, log_kb: 64, result_mb: 8}
checks:
  - {id: values, title: Twice the input, evidence: computed}
"""
CHECKS = b"""
from gpu_runner.checking import Lab, Misconception, check

@check("values")
def twice_the_input_exactly(lab: Lab) -> None:
    x = lab.normal("A B")
    thrice = Misconception("thrice", "three times the input", lambda x: 3 * x)
    lab.agrees(lab.call("double", x), lambda x: 2 * x, on=(x,), axes="A B", misconceptions=[thrice])
"""
Judge = Callable[..., Report]


@pytest.fixture(scope="session")
def supervisor() -> Iterator[Supervisor]:
    try:
        found = detect_level()
    except NoSandboxError as error:
        lacking(f"no sandbox on this machine: {error}")
    assert found.level in (Level.FULL, Level.NAMESPACES)
    with Supervisor() as running:
        yield running


@pytest.fixture(scope="session")
def judge(supervisor: Supervisor) -> Judge:
    """Judge a source on the lab above, with other files (`probe=…`) or another `checks.py` where given."""

    def run(source: str, checks: bytes = CHECKS, wall_s: float = 10.0, cpu_s: float = 1.0, **files: bytes) -> Report:
        bundle = {"lab.yaml": LAB, "checks.py": checks, **{f"{name}.py": body for name, body in files.items()}}
        limits = read_lab(bundle).limits.model_copy(update={"wall_s": wall_s, "cpu_s": cpu_s})
        return supervisor.judge(Submission(bundle, source, limits=limits))

    return run
