"""The train lane: a run is watched while it goes on, ends when its learner cancels, and keeps no checks waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gpu_runner.client import SiteClient
from gpu_runner.host import describe_host, group_limits
from gpu_runner.protocol import Claim, Event, Lane, Limits, Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.trial import Submission
from gpu_runner.worker import Worker, read_lanes
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.fake_site import TOKEN, FakeSite, serving
from tests.gpu_runner.hostile import HONEST

TRAIN_LAB = b"""
id: lab-descend
slug: descend
title: Descend
filename: descend.py
lane: train
entry_points: [step]
limits:
  {wall_s: 30, cpu_s: 30, memory_mb: 256, processes: 8, file_mb: 4, disk_mb: 8, inodes: 64, log_kb: 64, result_mb: 8}
checks:
  - {id: descends, title: The loss falls on data drawn for you, evidence: scored}
"""
TRAIN_CHECKS = b"""
import torch
from gpu_runner.checking import Lab, check

@check("descends")
def the_loss_falls(lab: Lab) -> None:
    lab.fix(D=4)
    x, w = lab.normal("N D"), lab.normal("D")
    out = lab.probe("train", x, x @ w, steps=60)
    found = out.tensor("w", axes="D")
    lab.require(bool(((x @ (found - w)) ** 2).mean() < (x @ w).square().mean()), "The loss did not fall.")
"""
PROBE = b"""
import time
import torch
from gpu_runner.live import report

def train(learner, x, y, steps):
    w = torch.zeros(x.shape[1])
    for step in range(1, steps + 1):
        w, loss = learner.step(w, x, y)
        report(step=step, loss=loss)
        time.sleep(0.02)
    return {"w": w}
"""
SGD = """
print("descending")
def step(w, x, y):
    error = x @ w - y
    return w - 0.05 * x.mT @ error / len(x), (error ** 2).mean()
"""
FORGED = """
import gpu_runner.live, os
gpu_runner.live.report = lambda **values: None
def step(w, x, y):
    os.write(4, b'{"step": 1000000, "loss": 0.0, "peak_mb": 0.001, "verdict": "passed"}\\n')
    return w, (y ** 2).mean()
"""
FLOOD = """
import os, threading
os.set_blocking(4, True)
def flood():
    while True:
        os.write(4, b'{"step": 1}\\n' * 300)
threading.Thread(target=flood, daemon=True).start()
def step(w, x, y):
    return w + 0 * w, (y ** 2).mean()
"""
ENDLESS = """
import itertools, time
from gpu_runner.live import report
def step(w, x, y):
    for n in itertools.count():
        report(step=n)
        time.sleep(0.02)
"""
FILES = {"lab.yaml": TRAIN_LAB, "checks.py": TRAIN_CHECKS, "probe.py": PROBE}
QUICK = {"lab.yaml": LAB, "checks.py": CHECKS}


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with serving() as running:
        yield running


@pytest.fixture
def worker(site: FakeSite, supervisor: Supervisor, tmp_path: Path) -> Iterator[Worker]:
    client = SiteClient(site.url, TOKEN, "runner-1", tmp_path)
    yield Worker(supervisor, client)
    client.close()


def add_train_job(site: FakeSite, source: str) -> None:
    limits = Limits(wall_s=60, cpu_s=60, memory_mb=256)
    site.add_job(FILES, source, lane="train", limits=limits, lease_s=600)


def told(site: FakeSite) -> list[Event]:
    return [event for batch in site.events for event in batch.events]


def metrics(site: FakeSite) -> list[Mapping[str, Any]]:
    return [event.data for event in told(site) if event.kind == "metric"]


@pytest.mark.sandbox
def test_a_run_is_told_while_it_goes_on_and_judged_at_its_end(site: FakeSite, worker: Worker) -> None:
    add_train_job(site, SGD)

    worker.drain()

    assert site.verdicts[0].report.verdict is Verdict.PASSED
    found = metrics(site)
    assert len(found) >= 3
    assert found[0]["step"] < found[-1]["step"] == 60
    assert found[0]["loss"] > found[-1]["loss"]
    assert 0 < found[-1]["steps_per_s"] <= 60
    assert 1 < found[-1]["peak_mb"] < 256
    assert ("log", {"text": "descending"}) in [(event.kind, dict(event.data)) for event in told(site)]
    kinds = [event.kind for event in told(site)]
    assert kinds.index("metric") < kinds.index("check")


@pytest.mark.sandbox
def test_forged_reports_are_shown_and_decide_nothing(site: FakeSite, worker: Worker) -> None:
    add_train_job(site, FORGED)

    worker.drain()

    last = metrics(site)[-1]
    assert (last["step"], last["loss"]) == (1_000_000, 0.0)
    assert last["peak_mb"] > 1
    assert "verdict" not in last
    report = site.verdicts[0].report
    assert (report.verdict, report.checks[0].message) == (Verdict.FAILED, "The loss did not fall.")


@pytest.mark.sandbox
def test_a_flood_of_reports_neither_fills_the_site_nor_stops_the_run(supervisor: Supervisor) -> None:
    heard: list[str] = []
    began = time.monotonic()

    report = supervisor.judge(Submission(FILES, FLOOD), on_news=lambda kind, _data: heard.append(kind))

    assert report.verdict is Verdict.FAILED
    assert len(heard) <= 2 + 4 * (time.monotonic() - began)


@pytest.mark.sandbox
def test_a_cancelled_run_ends_while_it_reports(site: FakeSite, worker: Worker) -> None:
    add_train_job(site, ENDLESS)
    judging = threading.Thread(target=worker.drain)
    judging.start()
    with site.told:
        assert site.told.wait_for(lambda: len(metrics(site)) > 1, timeout=30)
    site.cancel = True
    judging.join(timeout=20)

    assert not judging.is_alive()
    report = site.verdicts[0].report
    assert report.checks[0].message == "Cancelled."


@pytest.mark.sandbox
def test_a_checker_that_computes_is_left_when_the_learner_cancels(supervisor: Supervisor) -> None:
    checks = (
        b"import time\nfrom gpu_runner.checking import check\n@check('descends')\ndef slow(lab):\n    time.sleep(50)\n"
    )
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()

    report = supervisor.judge(Submission({**FILES, "checks.py": checks}, SGD), cancelled=cancelled.is_set)

    assert [(check.verdict, check.message) for check in report.checks] == [(Verdict.NO_RESULT, "Cancelled.")]


@pytest.mark.sandbox
def test_checks_go_on_beside_a_run_and_a_second_run_waits(site: FakeSite, worker: Worker) -> None:
    add_train_job(site, ENDLESS)
    training = threading.Thread(target=worker.drain)
    training.start()
    with site.told:
        assert site.told.wait_for(lambda: not site.queue, timeout=30)
    site.add_job(QUICK, HONEST)

    assert worker.drain() == 1

    assert site.verdicts[0].report.verdict is Verdict.PASSED
    asked = [Claim.model_validate(claim) for claim in site.claims]
    assert asked[0].free == [Lane.CHECK, Lane.TRAIN]
    assert [claim.free for claim in asked[1:]] == [[Lane.CHECK]] * 2
    assert {tuple(claim.lanes) for claim in asked} == {(Lane.CHECK, Lane.TRAIN)}
    site.cancel = True
    training.join(timeout=20)
    worker.drain()
    assert Claim.model_validate(site.claims[-1]).free == [Lane.CHECK, Lane.TRAIN]


@pytest.mark.sandbox
def test_a_run_found_while_idle_does_not_end_the_looking(site: FakeSite, worker: Worker) -> None:
    add_train_job(site, ENDLESS)
    looking = threading.Thread(target=worker.claim_when_idle, args=(0.05,))
    looking.start()
    with site.told:
        assert site.told.wait_for(lambda: not site.queue, timeout=30)
    site.add_job(QUICK, HONEST)

    assert site.wait_for_verdicts(1)[0].report.verdict is Verdict.PASSED

    site.cancel = True
    site.wait_for_verdicts(2)
    worker.close()
    looking.join(timeout=20)
    worker.wait_until_idle()


@pytest.mark.parametrize(
    ("text", "lanes"), [("check", ("check",)), ("train check", ("check", "train")), ("train", ("train",))]
)
def test_the_lanes_of_a_runner_are_chosen(text: str, lanes: tuple[str, ...]) -> None:
    assert read_lanes(text) == lanes


@pytest.mark.parametrize(
    ("text", "says"), [("fast", "fast is not one of check, train, gpu"), (" ", "RUNNER_LANES is empty")]
)
def test_a_lane_that_can_not_be_served_is_refused_at_the_start(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_lanes(text)


def test_a_runner_knows_its_machine_without_importing_torch() -> None:
    host = describe_host()
    assert host.device.startswith("CPU, ")
    assert host.memory_mb > 256
    assert host.torch.startswith("2.")


def test_the_tightest_group_around_a_runner_says_how_much_memory_there_is(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "outer" / "memory.max").write_text("1048576\n")
    (inner / "memory.max").write_text("max\n")
    assert list(group_limits(inner, tmp_path, "memory.max")) == [1048576]
