"""A runner says what it can do, and gets only what it can run."""

from __future__ import annotations

import pytest
from django.test import Client

from labs.models import Runner
from tests.factories import make_lab, make_submission
from tests.labs.fake_runner import HOST, FakeRunner

pytestmark = pytest.mark.django_db


def test_a_claim_leaves_what_the_runner_can_do(runner: FakeRunner) -> None:
    runner.claim(lanes=["check", "train"], free=["check"])
    found = Runner.objects.get()
    assert (found.lanes, found.device, found.memory_mb, found.torch) == (
        ["check", "train"],
        "CPU, 2 cores",
        8192,
        "2.13.0",
    )


def test_a_changed_machine_is_noted_at_once(runner: FakeRunner) -> None:
    runner.claim()
    runner.claim(host={**HOST, "memory_mb": 1024})
    assert Runner.objects.get().memory_mb == 1024


def test_a_job_of_a_lane_without_a_free_place_waits(runner: FakeRunner) -> None:
    training = make_submission(lab=make_lab("descend", lane="train"))
    assert runner.claim(lanes=["check", "train"], free=["check"]).status_code == 204
    assert runner.claim(lanes=["check", "train"], free=[]).status_code == 204
    assert runner.claim(lanes=["check", "train"], free=["check", "train"]).json()["id"] == str(training.pk)


def test_a_job_that_needs_more_memory_than_a_runner_has_is_left_to_another(runner: FakeRunner) -> None:
    large = make_submission(lab=make_lab("large", limits={"memory_mb": 4096}))
    small = make_submission(lab=make_lab("small", limits={"memory_mb": 512}))
    little = {**HOST, "memory_mb": 1024}
    assert runner.claim(runner="host-1", host=little).json()["id"] == str(small.pk)
    assert runner.claim(runner="host-1", host=little).status_code == 204
    assert runner.claim(runner="host-2").json()["id"] == str(large.pk)


def test_another_check_library_is_refused_with_both_versions(runner: FakeRunner) -> None:
    make_submission()
    refused = runner.claim(host={**HOST, "check_library": "0"})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:residual:check-library"
    assert "the runner's 0: install the same version on both" in refused.json()["detail"]


def test_a_lane_that_nobody_knows_breaks_the_protocol(runner: FakeRunner) -> None:
    assert runner.claim(lanes=["fast"]).status_code == 400


def test_the_status_page_shows_every_runner_and_what_it_can_do(client: Client, runner: FakeRunner) -> None:
    runner.claim(runner="<b>host</b>", lanes=["check", "train"])
    html = client.get("/status/").content.decode()
    assert "&lt;b&gt;host&lt;/b&gt;" in html
    assert "lanes: check, train · CPU, 2 cores · 8192 MB memory · torch 2.13.0 · sandbox level full" in html
