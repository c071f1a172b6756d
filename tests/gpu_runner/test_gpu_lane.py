"""A card is lent to one tenant at a time, watched from outside, and lent no more once it was left unclean."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gpu_runner.gpu.cards import NoCardError, Nvml
from gpu_runner.gpu.lane import CONTEXT_MB, CardError
from gpu_runner.gpu.selftest import find_lane
from gpu_runner.supervisor.judge import never
from tests.gpu_runner.fake_card import CARD, FakeDriver, lane_of


def test_a_tenant_has_the_card_alone(tmp_path: Path) -> None:
    mine, theirs = (lane_of(FakeDriver(), tmp_path) for _ in range(2))
    with (
        mine.lend(512, never),
        pytest.raises(InterruptedError, match="waiting for the card"),
        theirs.lend(512, lambda: True),
    ):
        pytest.fail("two tenants at a time")
    with theirs.lend(512, lambda: True):
        assert theirs.tenant is not None
        assert mine.tenant is None


def test_the_part_that_torch_may_hand_out_is_the_tenants(tmp_path: Path) -> None:
    lane = lane_of(FakeDriver(), tmp_path)
    assert lane.share() == 0
    with lane.lend(2048, never):
        assert lane.share() == 2048 / CARD.total_mb


def test_a_lab_that_asks_for_more_than_the_card_has_gets_none(tmp_path: Path) -> None:
    with (
        pytest.raises(CardError, match="9000 MiB of GPU memory, and this card has 8192 MiB"),
        lane_of(FakeDriver(), tmp_path).lend(9000, never),
    ):
        pytest.fail("lent")


def test_a_card_that_somebody_else_uses_is_not_lent(tmp_path: Path) -> None:
    with (
        pytest.raises(CardError, match="somebody else uses the card: processes 4711"),
        lane_of(FakeDriver(pids=[4711]), tmp_path).lend(512, never),
    ):
        pytest.fail("lent")


@pytest.mark.parametrize(("rises_to", "over"), [(100 + 512 + CONTEXT_MB, False), (101 + 512 + CONTEXT_MB, True)])
def test_use_is_what_came_on_top_and_its_peak_counts(tmp_path: Path, rises_to: float, over: bool) -> None:
    lane = lane_of(FakeDriver([100.0, 300.0, rises_to, 100.0]), tmp_path)
    with lane.lend(512, never) as tenant:
        for _ in range(3):
            lane.sample()
    assert (tenant.now_mb, tenant.peak_mb) == (0.0, rises_to - 100)
    assert tenant.over is over


def test_memory_that_comes_back_a_moment_later_is_no_harm(tmp_path: Path) -> None:
    lane = lane_of(FakeDriver([100.0, 900.0, 120.0]), tmp_path)
    with lane.lend(512, never):
        pass
    assert lane.unclean == ""


@pytest.mark.parametrize(
    ("left", "says"),
    [({"readings": [900.0]}, "800 MiB were not given back"), ({"pids": [4711]}, "processes 4711 still held it")],
    ids=["memory", "a process"],
)
def test_a_card_left_unclean_is_lent_no_more(tmp_path: Path, left: dict[str, Any], says: str) -> None:
    driver = FakeDriver()
    lane = lane_of(driver, tmp_path)
    with lane.lend(512, never):
        for name, value in left.items():
            setattr(driver, name, value)
    assert says in lane.unclean
    driver.readings, driver.pids = [100.0], []
    with pytest.raises(CardError, match="not lent any more"), lane.lend(512, never):
        pytest.fail("lent")


SECOND = dataclasses.replace(CARD, uuid="GPU-1111", nodes=("/dev/nvidiactl", "/dev/nvidia1"))
FIRST = dataclasses.replace(CARD, nodes=("/dev/nvidiactl", "/dev/nvidia0"))


def test_the_only_card_is_found() -> None:
    assert find_lane(FakeDriver(known=[FIRST])).card == FIRST


def test_of_several_cards_one_is_named() -> None:
    assert find_lane(FakeDriver(known=[FIRST, SECOND]), "GPU-1111").card == SECOND


@pytest.mark.parametrize(
    ("known", "wanted", "says"),
    [
        ([], "", "there are none"),
        ([FIRST], "GPU-9", "no card is called 'GPU-9'; there are GPU-0000"),
        ([FIRST, SECOND], "", "set RUNNER_GPU to one of GPU-0000"),
        ([CARD], "", "its device file is not in /dev"),
    ],
    ids=["none", "another", "several", "no device file"],
)
def test_why_there_is_no_card_is_said(known: list[Any], wanted: str, says: str) -> None:
    with pytest.raises(NoCardError, match=says):
        find_lane(FakeDriver(known=known), wanted)


def test_without_the_library_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(NoCardError, match=r"pip install residual-gpu-runner\[judge,gpu\]"):
        Nvml()


class NVMLError(Exception):
    """As the library calls it."""


def library(**changes: Any) -> SimpleNamespace:
    """What `pynvml` offers, of one card."""
    calls: dict[str, Any] = {
        "NVMLError": NVMLError,
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: 1,
        "nvmlDeviceGetHandleByIndex": lambda index: f"handle {index}",
        "nvmlDeviceGetHandleByUUID": lambda uuid: f"handle of {uuid}",
        "nvmlDeviceGetMigMode": lambda _handle: (0, 0),
        "nvmlDeviceGetMinorNumber": lambda _handle: 3,
        "nvmlDeviceGetUUID": lambda _handle: "GPU-0000",
        "nvmlDeviceGetName": lambda _handle: "Imaginary 1",
        "nvmlDeviceGetMemoryInfo": lambda _handle: SimpleNamespace(total=8192 << 20, used=300 << 20),
        "nvmlDeviceGetComputeRunningProcesses": lambda _handle: [SimpleNamespace(pid=4711)],
    }
    return SimpleNamespace(**{**calls, **changes})


def test_the_librarys_answers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library())
    monkeypatch.setattr(Path, "exists", lambda path: str(path) in {"/dev/nvidiactl", "/dev/nvidia3"})
    driver = Nvml()
    (card,) = driver.cards()
    assert card == dataclasses.replace(CARD, nodes=("/dev/nvidiactl", "/dev/nvidia3"))
    assert driver.used_mb(card) == 300
    assert driver.processes(card) == [4711]


def no_driver() -> None:
    raise NVMLError("Driver Not Loaded")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"nvmlInit": no_driver}, "driver does not answer: Driver Not Loaded"),
        ({"nvmlDeviceGetMigMode": lambda _handle: (1, 1)}, "divided"),
    ],
    ids=["no driver", "divided"],
)
def test_what_keeps_a_card_from_use_is_said(
    changes: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library(**changes))
    with pytest.raises(NoCardError, match=says):
        Nvml().cards()
