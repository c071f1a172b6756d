"""Libraries come warm in the jail, and one that does not come up costs nobody their zygote."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import pytest

from gpu_runner.protocol import Level
from gpu_runner.supervisor.levels import NoSandboxError, detect_level
from gpu_runner.supervisor.zygotes import LIBRARIES, Zygote, ZygoteKeeper, sandbox_role
from tests.needs import lacking

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def _jail() -> None:
    try:
        assert detect_level().level is not Level.UNSAFE_LOCAL
    except NoSandboxError as error:
        lacking(f"no sandbox on this machine: {error}")


@pytest.fixture
def keeper() -> Iterator[ZygoteKeeper]:
    kept = ZygoteKeeper(sandbox_role(), jailed=True, lifetime=500)
    yield kept
    kept.close()


def test_every_library_can_be_imported_in_the_jail() -> None:
    Zygote.start(sandbox_role(tuple(LIBRARIES)), jailed=True).close()


def test_a_role_that_does_not_come_up_is_not_what_a_dead_zygote_is_replaced_by(keeper: ZygoteKeeper) -> None:
    broken = dataclasses.replace(sandbox_role(), preload=("no_such_library",))
    first = keeper.acquire()
    keeper.release(first)
    keeper.replace(broken)
    while keeper._renewal is not None:  # until it has failed
        time.sleep(0.05)

    first.process.kill()
    first.process.wait()

    second = keeper.acquire()
    assert second.alive
    keeper.release(second)
