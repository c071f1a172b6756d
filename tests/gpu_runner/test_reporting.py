"""Events reach the site in order, through its absences, without knocking at its door all the time."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from typing import cast

import pytest

from gpu_runner import client
from gpu_runner.client import SiteClient, StaleError, UnreachableError, pauses
from gpu_runner.protocol import Event, Job, Limits
from gpu_runner.reporting import Reporter

JOB = Job(id="job", attempt=1, lab="l", judge_digest="0" * 64, filename="f.py", source="", limits=Limits(), lease_s=30)


@dataclass
class Site:
    """Fails `away` times, and then remembers what it is told."""

    away: int = 0
    stale: bool = False
    tries: int = 0
    told: list[int] = field(default_factory=list)
    heard: threading.Event = field(default_factory=threading.Event)

    def events(self, _job: Job, events: list[Event]) -> None:
        self.tries += 1
        if self.stale:
            raise StaleError("somebody else has it")
        if self.tries <= self.away:
            raise UnreachableError("away")
        self.told += [event.seq for event in events]
        self.heard.set()

    def heartbeat(self, _job: Job) -> bool:
        return False


def reporter(site: Site) -> Reporter:
    return Reporter(cast("SiteClient", site), JOB)


def test_pauses_grow_to_a_bound() -> None:
    assert list(itertools.islice(pauses(), 9)) == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5])


def test_events_wait_in_order_while_the_site_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE_S", 0.001)
    site = Site(away=4)

    with reporter(site) as reports:
        for step in range(5):
            reports.add("metric", {"step": step})
        assert site.heard.wait(timeout=30)

    assert site.told == [1, 2, 3, 4, 5]


def test_a_job_that_ends_does_not_wait_for_a_site_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE_S", 3600.0)
    monkeypatch.setattr(client, "LONGEST_PAUSE_S", 3600.0)
    site = Site(away=1_000_000)

    with reporter(site) as reports:
        reports.add("metric", {"step": 1})

    assert site.tries <= 2, "once when it came, once more at the end"


def test_a_stale_attempt_stops_the_judging_and_is_told_no_more() -> None:
    site = Site(stale=True)

    with reporter(site) as reports:
        reports.add("metric", {"step": 1})
        reports._stop.wait(timeout=30)
        reports.add("metric", {"step": 2})

    assert reports.stale
    assert reports.stopped()
    assert site.tries == 1
