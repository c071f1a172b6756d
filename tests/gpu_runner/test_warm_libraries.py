"""Libraries come warm in the jail, and one that does not come up costs nobody their zygote."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import pytest

from gpu_runner.protocol import Level
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import NoSandboxError, detect_level
from gpu_runner.supervisor.trial import Submission
from gpu_runner.supervisor.zygotes import LIBRARIES, Zygote, ZygoteKeeper, libraries_named, sandbox_role
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.hostile import HONEST
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


def test_a_source_names_the_libraries_that_it_wants_warm() -> None:
    assert libraries_named("import torch\n") == set()
    assert libraries_named("from torch import optim\nimport peft\n") == {"optimisers", "transformers"}


def test_only_submissions_that_ask_for_more_come_from_the_rich_zygote() -> None:
    """Whether a library was imported before the fork is seen from inside."""
    warm = "import sys\nWARM = 'torch._dynamo' in sys.modules\n"
    lean = f"{warm}def double(x):\n    return 2 * x if not WARM else 0 * x\n"
    rich = f"{warm}from torch import optim\ndef double(x):\n    return 2 * x if WARM else 0 * x\n"
    with Supervisor(spares=1) as supervisor:
        supervisor.warm(("optimisers",))
        assert supervisor._rich_pool is not None
        while not supervisor._rich_pool.keeper.warm():
            time.sleep(0.05)

        verdicts = [judged(supervisor, source) for source in (lean, rich, lean)]

    assert verdicts == ["passed"] * 3


def test_until_the_rich_zygote_is_up_nobody_waits_for_it() -> None:
    source = f"{HONEST}# optim\n"
    with Supervisor(spares=0) as supervisor:
        supervisor.warm(("transformers",))
        assert supervisor._rich_pool is not None

        assert judged(supervisor, source) == "passed"
        assert supervisor._rich_pool.keeper._current is None, "it was up before: this shows nothing"


def judged(supervisor: Supervisor, source: str) -> str:
    return supervisor.judge(Submission({"lab.yaml": LAB, "checks.py": CHECKS}, source)).verdict.value
