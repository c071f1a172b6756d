"""Nothing is lost and nothing is recorded twice, whatever is killed while learners' code is judged.

RESIDUAL_STORM_JOBS=500 makes it the storm whose figures are in docs/queue.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.e2e.queue_storm import EAGER, SINGLES, Fate
from tests.e2e.running import ROOT, RunningSite, free_port, running_site
from tests.needs import lacking

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("storm")]

JOBS = int(os.environ.get("RESIDUAL_STORM_JOBS", "42"))
KILL_EVERY = max(6, JOBS // 25)  # verdicts between two kills: every kill hits a system that works again
LEARNERS = EAGER + SINGLES
LEARN = "import django, sys; django.setup(); from tests.e2e import queue_storm; queue_storm.main(int(sys.argv[1]))"
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432")

Strike = Callable[[], bool]


@dataclass
class Storm:
    """A running site, what may be killed in it, and what was."""

    site: RunningSite
    strikes: Mapping[str, Strike]
    struck: Counter[str] = field(default_factory=Counter)
    processes: set[psutil.Process] = field(default_factory=set)  # everything that ran when something was killed

    def ride(self, environment: Mapping[str, str]) -> dict[str, Any]:
        """Let the learners submit and kill one thing after another until all is judged; what they report."""
        began, due, told = time.monotonic(), cycle(self.strikes), {"done": 0}
        target, next_kill = next(due), KILL_EVERY
        for line in _learners(self.site, environment):
            told = json.loads(line)
            if next_kill <= told.get("done", 0) < JOBS and self._strike(target):
                target, next_kill = next(due), told["done"] + KILL_EVERY
        return {**told, "seconds": round(time.monotonic() - began, 1)}

    def _strike(self, target: str) -> bool:
        """Kill it; False if it is not there at this moment."""
        self.processes.update(psutil.Process(self.site.process.pid).children(recursive=True))
        struck = self.strikes[target]()
        self.struck[target] += struck
        return struck


def _learners(site: RunningSite, environment: Mapping[str, str]) -> Iterator[str]:
    """What the learners' process says, line by line."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    told = {**own, **environment, "DJANGO_SETTINGS_MODULE": "residual.settings", "LOG_LEVEL": "ERROR"}
    process = subprocess.Popen(
        [sys.executable, "-c", LEARN, str(JOBS)],
        env={**told, "DATA_DIR": str(site.data_dir)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        try:
            yield from process.stdout
        finally:
            process.kill()


def site_strikes(site: RunningSite) -> dict[str, Strike]:
    """How to kill each part of a site; each says whether there was something to kill."""
    return {
        "runner": lambda: _kill(_child(site, "gpu_runner.celery")),
        "sandbox zygote": lambda: _kill(_zygote(site, "gpu_runner.sandbox.child:serve")),
        "site worker": lambda: _kill(_child(site, "residual worker")),
        "checker zygote": lambda: _kill(_zygote(site, "gpu_runner.checking.serve:serve")),
        "web server": lambda: _kill(_child(site, "uvicorn")),
    }


def _kill(process: psutil.Process | None) -> bool:
    try:
        if process:
            process.kill()
    except psutil.NoSuchProcess:  # ended by itself, as worn zygotes do
        return False
    return process is not None


def _child(site: RunningSite, word: str) -> psutil.Process | None:
    return next((child for child in psutil.Process(site.process.pid).children() if word in _command(child)), None)


def _zygote(site: RunningSite, serves: str) -> psutil.Process | None:
    """The eldest process of a zygote's command line: the others are what it forked."""
    runner = _child(site, "gpu_runner.celery")
    family = runner.children(recursive=True) if runner else []
    started = [one for one in family if "gpu_runner.sandbox.zygote" in _command(one) and serves in _command(one)]
    return min(started, key=lambda one: one.pid, default=None)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # ended while we looked
        return ""


@dataclass
class PrivateRedis:
    """A Redis server of the test's own that keeps nothing on disk, so that a kill loses every doorbell in it."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir"]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([*command, str(self.folder)], stdout=log)

    def stop(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def strike(self) -> bool:
        """Away for a second, then back and empty."""
        self.stop()
        time.sleep(1)
        self.start()
        return True


@contextmanager
def private_redis(folder: Path) -> Iterator[PrivateRedis]:
    server = PrivateRedis(folder)
    try:
        server.start()
    except FileNotFoundError:
        lacking("no redis-server program here")
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def own_database() -> Iterator[str]:
    name = f"residual_storm_{os.getpid()}"
    try:
        server = psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        lacking(f"no PostgreSQL at {POSTGRES}: {error}")
    with server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{POSTGRES}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_nothing_is_lost_on_the_embedded_broker(tmp_path: Path) -> None:
    _survives(tmp_path, {})


@pytest.mark.postgres
@pytest.mark.redis
def test_nothing_is_lost_on_postgresql_and_redis(tmp_path: Path) -> None:
    with own_database() as database, private_redis(tmp_path) as server:
        addresses = dict.fromkeys(("BROKER_URL", "RUNNER_BROKER_URL", "CACHE_URL"), server.url)
        _survives(tmp_path, {**addresses, "DATABASE_URL": database}, {"redis": server.strike})


def _survives(data_dir: Path, addresses: Mapping[str, str], more: Mapping[str, Strike] | None = None) -> None:
    # Without the big libraries, whose import after every kill would keep both cores of a small machine busy.
    environment = {**addresses, "LEASE_SECONDS": "5", "LOG_FORMAT": "json", "RUNNER_PRELOAD": ""}
    with running_site(data_dir, environment) as site:
        storm = Storm(site, {**site_strikes(site), **(more or {})})
        told = storm.ride(environment)
    fates = [Fate(**fate) for fate in told["fates"]]
    _write_down(site, storm, told, fates)
    _gone, left = psutil.wait_procs(storm.processes, timeout=30)
    assert left == []
    assert set(storm.struck) == set(storm.strikes), "a storm in which something was never killed proves little"
    _all_are_judged(fates)
    _each_is_recorded_once(fates, _recorded(site))
    _turns_are_fair(fates)
    assert Counter(learner for learner, _share in told["shares"]) == Counter({fate.learner for fate in fates})
    assert {learner.split("-")[0] for learner, share in told["shares"] if share == 1} == {"single"}


def _all_are_judged(fates: list[Fate]) -> None:
    wrong = [fate for fate in fates if (fate.status, fate.verdict) != ("done", fate.expected)]
    assert wrong == []
    assert len(fates) == JOBS


def _each_is_recorded_once(fates: list[Fate], recorded: Counter[str]) -> None:
    assert recorded == Counter({fate.submission: 1 for fate in fates})
    for fate in fates:
        assert fate.attempt == fate.infra_failures + 1  # every attempt but the last was ours to lose
        assert len(set(map(tuple, fate.events))) == len(fate.events)
        assert {attempt for _check, attempt in fate.results} == {fate.attempt}
        assert len({check for check, _attempt in fate.results}) == len(fate.results)


def _turns_are_fair(fates: list[Fate]) -> None:
    """Somebody with one submission waits for no more than one turn of every other learner."""
    waited = {fate.learner: fate.overtaken for fate in fates if fate.learner.startswith("single")}
    assert len(waited) == SINGLES
    assert max(waited.values()) <= LEARNERS


def _recorded(site: RunningSite) -> Counter[str]:
    """How often the site's processes say that they recorded a verdict, by submission."""
    lines = (line for log in (site.data_dir / "logs").glob("*.log") for line in log.read_text().splitlines())
    told = (json.loads(line) for line in lines if line.startswith("{") and '"verdict_recorded"' in line)
    return Counter(line["submission"] for line in told)


def _write_down(site: RunningSite, storm: Storm, told: Mapping[str, Any], fates: list[Fate]) -> None:
    """The figures for docs/queue.md."""
    figures = {
        "jobs": len(fates),
        "seconds": told["seconds"],
        "kills": dict(storm.struck),
        "attempts": dict(Counter(fate.attempt for fate in fates)),
        "overtaken": {fate.learner: fate.overtaken for fate in fates if fate.learner.startswith("single")},
    }
    (site.data_dir / "figures.json").write_text(json.dumps(figures, indent=1))
