"""The lane `gpu` as far as it goes without CUDA: one card's device files in one root, its control calls, its meter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpu_runner.protocol import Report, Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.seccomp import compile_filter
from gpu_runner.supervisor.trial import Submission
from gpu_runner.worker import Worker, read_lanes
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.fake_card import CARD, FakeDriver, lane_of
from tests.needs import lacking

pytestmark = pytest.mark.sandbox
QUICK = {"lab.yaml": LAB, "checks.py": CHECKS}
ON_CARD = {"lab.yaml": LAB + b"lane: gpu\ngpu_memory_mb: 512\n", "checks.py": CHECKS}
SPY = """
import fcntl, os
def told(request):
    with open("/dev/null") as file:
        try:
            fcntl.ioctl(file, request)
        except OSError as error:
            return error.errno
seen = ("tty" in os.listdir("/dev"), told(0x4601), told(0x30000001), told(0x5412), "CUDA_VISIBLE_DEVICES" in os.environ)
def double(x):
    raise ValueError(seen)
"""
DOUBLE = "def double(x):\n    return 2 * x\n"
SLOW = "import time\ndef double(x):\n    time.sleep(5)\n    return 2 * x\n"


@pytest.fixture(scope="module")
def driver() -> FakeDriver:
    return FakeDriver()


@pytest.fixture(scope="module")
def with_card(
    supervisor: Supervisor, driver: FakeDriver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Supervisor]:
    """The supervisor of the session, with an imaginary card."""
    if not Path(CARD.nodes[0]).exists():
        lacking(f"a device file that stands for a card's ({CARD.nodes[0]})")
    supervisor.take_card(lane_of(driver, tmp_path_factory.mktemp("card"), cuda=False))
    yield supervisor
    supervisor.give_card_back()


def message(report: Report) -> str:
    return report.checks[0].message


def test_only_this_lane_has_the_cards_device_files_and_control_calls(with_card: Supervisor) -> None:
    assert "(True, 25, 25, 1, False)" in message(with_card.judge(Submission(ON_CARD, SPY)))
    assert "(False, 1, 1, 1, False)" in message(with_card.judge(Submission(QUICK, SPY)))


def test_an_honest_answer_passes_and_the_cards_memory_is_told(with_card: Supervisor, driver: FakeDriver) -> None:
    driver.readings = [100.0, 350.0, 350.0, 100.0]
    report = with_card.judge(Submission(ON_CARD, DOUBLE))
    assert report.verdict is Verdict.PASSED, report
    assert "GPU memory: peak" in report.log
    assert "512 MiB may be handed out" in report.log


def test_memory_taken_past_torch_ends_the_run(with_card: Supervisor, driver: FakeDriver) -> None:
    driver.readings = [100.0, *[4000.0] * 3, 100.0]
    report = with_card.judge(Submission(ON_CARD, SLOW))
    assert report.verdict is Verdict.MEMORY
    assert message(report) == "Out of GPU memory: your code may use 512 MiB; the card's use rose by 3900 MiB."


def test_a_card_in_strange_hands_is_our_failure(with_card: Supervisor, driver: FakeDriver) -> None:
    driver.pids = [4711]
    report = with_card.judge(Submission(ON_CARD, DOUBLE))
    driver.pids = []
    assert report.verdict is Verdict.INFRA_ERROR
    assert "somebody else uses the card" in report.message


def test_a_card_left_unclean_is_announced_no_more(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(supervisor, None, read_lanes("check,gpu"))  # type: ignore[arg-type]  # it asks no site here
    monkeypatch.setattr(Supervisor, "has_card", True)
    assert worker._lanes() == ["check", "gpu"]
    monkeypatch.setattr(Supervisor, "has_card", False)
    assert worker._lanes() == ["check"]


def test_the_other_lanes_filter_has_no_control_calls() -> None:
    assert len(compile_filter(devices=True)) > len(compile_filter())
