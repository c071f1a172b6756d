"""A worker claims, judges, reports and survives a site that is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from gpu_runner.client import RefusedError, SiteClient
from gpu_runner.protocol import Claim, Host, Lane, Level, Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.trial import Submission
from gpu_runner.worker import Worker
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.fake_site import TOKEN, FakeSite, serving
from tests.gpu_runner.hostile import HONEST

pytestmark = pytest.mark.sandbox
FILES = {"lab.yaml": LAB, "checks.py": CHECKS}
ASKED = Claim(
    runner="runner-1",
    lanes=[Lane.CHECK],
    free=[Lane.CHECK],
    level=Level.FULL,
    host=Host(device="CPU", memory_mb=1, torch=""),
)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with serving() as running:
        yield running


@pytest.fixture
def worker(site: FakeSite, supervisor: Supervisor, tmp_path: Path) -> Iterator[Worker]:
    client = SiteClient(site.url, TOKEN, "runner-1", tmp_path)
    yield Worker(supervisor, client)
    client.close()


def test_a_claimed_job_is_judged_and_its_verdict_posted_last(site: FakeSite, worker: Worker) -> None:
    site.add_job(FILES, HONEST)

    assert worker.drain() == 1

    assert site.verdicts[0].report.verdict is Verdict.PASSED
    kinds = [event.kind for batch in site.events for event in batch.events]
    assert kinds == ["started", "check"]
    assert [event.seq for batch in site.events for event in batch.events] == [1, 2]


def test_the_claim_says_who_asks_and_how_strong_its_sandbox_is(
    site: FakeSite, worker: Worker, supervisor: Supervisor
) -> None:
    worker.drain()

    asked = Claim.model_validate(site.claims[0])
    assert (asked.protocol, asked.runner, asked.level) == (3, "runner-1", supervisor.level)


def test_a_judge_is_fetched_once_and_kept(site: FakeSite, worker: Worker) -> None:
    site.add_job(FILES, HONEST)
    site.add_job(FILES, HONEST)

    assert worker.drain() == 2
    assert site.fetched == 1


def test_a_judge_damaged_on_disk_is_fetched_again(site: FakeSite, worker: Worker) -> None:
    site.add_job(FILES, HONEST)
    worker.drain()
    next(worker.client.cache.iterdir()).write_text("{}")
    site.add_job(FILES, HONEST)

    worker.drain()

    assert site.fetched == 2
    assert site.verdicts[1].report.verdict is Verdict.PASSED


def test_a_judge_that_does_not_match_its_digest_is_our_failure(site: FakeSite, worker: Worker) -> None:
    site.add_job(FILES, HONEST, digest="0" * 64)

    worker.drain()

    assert site.verdicts[0].report.verdict is Verdict.INFRA_ERROR
    assert "digest" in site.verdicts[0].report.message


def test_a_runner_rests_after_failures_of_its_own_and_longer_each_time(site: FakeSite, worker: Worker) -> None:
    class Rests(threading.Event):
        taken: ClassVar[list[float | None]] = []

        def wait(self, timeout: float | None = None) -> bool:
            self.taken.append(timeout)
            return False

    worker._closing = Rests()
    for digest in ("0" * 64, "1" * 64, "2" * 64):
        site.add_job(FILES, HONEST, digest=digest)
    site.add_job(FILES, HONEST)
    site.add_job(FILES, HONEST, digest="3" * 64)

    worker.drain()

    assert Rests.taken == [0.5, 1.0, 2.0, 0.5]


def test_a_verdict_is_posted_again_while_the_site_restarts(site: FakeSite, worker: Worker) -> None:
    job = site.add_job(FILES, HONEST)
    claimed = worker.client.claim(ASKED)
    assert claimed == job
    report = worker.supervisor.judge(Submission(FILES, HONEST))
    site.away = 3

    worker.client.verdict(job, report, patience_s=30)

    assert len(site.verdicts) == 1


def test_a_stale_attempt_posts_no_verdict(site: FakeSite, worker: Worker) -> None:
    site.add_job(FILES, HONEST)
    site.stale = True

    worker.drain()

    assert site.verdicts == []


def test_a_cancelled_job_stops_its_child(site: FakeSite, worker: Worker) -> None:
    site.add_job(FILES, "import time\ndef double(x):\n    time.sleep(60)\n")
    site.cancel = True

    worker.drain()

    report = site.verdicts[0].report
    assert report.checks[0].message == "Cancelled."
    assert report.usage.wall_s < 5


def test_a_wrong_token_is_refused_with_the_sites_reason(site: FakeSite, tmp_path: Path) -> None:
    client = SiteClient(site.url, "wrong", "runner-1", tmp_path)

    with pytest.raises(RefusedError, match="401"):
        client.claim(ASKED)
    client.close()


def test_an_unreachable_site_is_no_reason_to_die(supervisor: Supervisor, tmp_path: Path) -> None:
    client = SiteClient("http://127.0.0.1:9", TOKEN, "runner-1", tmp_path)

    assert Worker(supervisor, client).drain() == 0
    client.close()
