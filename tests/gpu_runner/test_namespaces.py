"""Every child has namespaces of its own: not its zygote's, not another child's, not this process'."""

from __future__ import annotations

import os
import re
from pathlib import Path

import psutil
import pytest

from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.zygotes import SANDBOX_UID
from tests.gpu_runner.conftest import Judge

pytestmark = pytest.mark.sandbox
KINDS = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"]
TELL = f"""
import os
def double(x):
    for kind in {KINDS}:
        print(os.readlink(f"/proc/self/ns/{{kind}}"))
    return 2 * x
"""


def of_process(pid: int) -> dict[str, str]:
    return {kind: str(Path(f"/proc/{pid}/ns/{kind}").readlink()) for kind in KINDS}


def of_child(judge: Judge) -> dict[str, str]:
    return dict(zip(KINDS, re.findall(r"\w+:\[\d+\]", judge(TELL).log), strict=True))


@pytest.fixture
def zygote(supervisor: Supervisor) -> dict[str, str]:
    """The sandbox zygote's namespaces; an ordinary user may read them, since it is that user's own process."""
    assert supervisor._pool is not None
    assert supervisor._pool.keeper._current is not None
    launcher = psutil.Process(supervisor._pool.keeper._current.process.pid)
    return of_process(launcher.children()[0].pid)


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_shares_no_namespace_with_us_or_its_zygote(judge: Judge, zygote: dict[str, str], kind: str) -> None:
    child = of_child(judge)

    assert child[kind] != of_process(os.getpid())[kind]
    assert child[kind] != zygote[kind]


def test_a_zygote_is_apart_from_us(zygote: dict[str, str]) -> None:
    ours = of_process(os.getpid())

    assert all(zygote[kind] != ours[kind] for kind in ("mnt", "pid", "net", "ipc", "uts"))


def test_a_zygote_runs_as_an_unprivileged_user_without_groups_or_capabilities(supervisor: Supervisor) -> None:
    """As seen from outside, where a uid of 1000 in a user namespace says nothing."""
    assert supervisor._pool is not None
    assert supervisor._pool.keeper._current is not None
    zygote = psutil.Process(supervisor._pool.keeper._current.process.pid).children()[0]
    expected = SANDBOX_UID if os.geteuid() == 0 else os.geteuid()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{zygote.pid}/status").read_text().splitlines())

    assert set(zygote.uids()) == {expected}
    if os.geteuid() == 0:
        assert set(zygote.gids()) == {expected}
        assert status["Groups"].split() == []
        assert [int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")] == [0, 0, 0, 0]
    assert status["NoNewPrivs"].strip() == "1"
