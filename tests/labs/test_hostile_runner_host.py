"""Somebody who took over a runner host holds its Redis user and its token. What they can't do with either.

The Redis server has the very users of docker-compose.yml. What the token opens over HTTP is in test_runner_tokens.py.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from celery import Celery
from kombu.exceptions import KombuError
from pytest_django.fixtures import Settings

from gpu_runner.protocol import RING_QUEUE, broker_settings
from labs import dispatch
from residual.broker import celery_broker_settings
from tests.needs import lacking

pytestmark = [pytest.mark.redis, pytest.mark.xdist_group("hostile runner host")]
ROOT = Path(__file__).parents[2]
SITE_QUEUE = "residual-site:site"
MINE = "residual-runner:mine"
PATIENCE_S = 60.0
ring = dispatch.ring  # before the doorbell of this folder's tests takes its place

Connection = Any  # redis-py types its commands for two kinds of client at once, which helps nobody here
RedisCall = Callable[[Connection], Any]
FORBIDDEN: dict[str, RedisCall] = {
    "queue a task": lambda r: r.lpush(SITE_QUEUE, "{}"),
    "queue a task in another database": lambda r: (r.execute_command("SELECT", 1), r.lpush(SITE_QUEUE, "{}")),
    "queue a task by script": lambda r: r.eval("return redis.call('LPUSH', KEYS[1], '{}')", 1, SITE_QUEUE),
    "move a message of mine there": lambda r: r.execute_command("LMOVE", MINE, SITE_QUEUE, "LEFT", "LEFT"),
    "rename a list of mine to it": lambda r: r.rename(MINE, SITE_QUEUE),
    "take the site's tasks": lambda r: r.rpop(SITE_QUEUE),
    "read the site's tasks": lambda r: r.lrange(SITE_QUEUE, 0, -1),
    "bind a queue of mine to the site's exchange": lambda r: r.sadd("residual-site:_kombu.binding.site", "x"),
    "read the cache": lambda r: r.get(":1:anything"),
    "publish to its control channel": lambda r: r.publish("/0.celery.pidbox", "{}"),
    "listen to every channel": lambda r: r.execute_command("PSUBSCRIBE", "*"),
    "list all keys": lambda r: r.keys("*"),
    "walk over all keys": lambda r: r.scan(0),
    "draw a key": lambda r: r.randomkey(),
    "empty the database": lambda r: r.flushall(),
    "change the server": lambda r: r.config_set("maxmemory", "1"),
    "stop the server": lambda r: r.execute_command("SHUTDOWN", "NOSAVE"),
    "cut the site's connections": lambda r: r.client_kill_filter(_type="normal"),
    "give itself more": lambda r: r.execute_command("ACL", "SETUSER", "runner", "~*"),
    "watch everybody": lambda r: r.execute_command("MONITOR"),
}


@dataclass(frozen=True)
class Server:
    """A Redis server with the users of docker-compose.yml; the password of each is its name."""

    port: int

    def url(self, user: str) -> str:
        return f"redis://{user}:{user}@127.0.0.1:{self.port}/0"

    def connect(self, user: str) -> Connection:
        return redis.Redis.from_url(self.url(user), decode_responses=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    program = shutil.which("redis-server")
    if program is None:
        lacking("redis-server is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["redis"]["command"]
    users = [re.sub(r"\$\{REDIS_(\w+)_PASSWORD\}", lambda m: m[1].lower(), part) for part in compose[1:]]
    private = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path_factory.mktemp("redis"))]
    process = subprocess.Popen([program, *users, *private], stdout=subprocess.DEVNULL)
    running = Server(port)
    wait_until(lambda: answers(running))
    yield running
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def hostile(server: Server) -> Iterator[Connection]:
    """A connection with all that a runner host holds of Redis."""
    with closing(server.connect("runner")) as connection:
        connection.lpush(MINE, "{}")
        yield connection


def answers(server: Server) -> bool:
    with closing(server.connect("site")) as connection:
        try:
            return bool(connection.ping())
        except redis.ConnectionError:
            return False


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def celery_on(settings: dict[str, Any]) -> Celery:
    app = Celery("hostile", set_as_current=False)
    app.conf.update(settings, broker_connection_timeout=1)
    return app


@pytest.mark.parametrize("attempt", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_the_runners_redis_user_may_not(attempt: RedisCall, hostile: Connection) -> None:
    with pytest.raises(redis.exceptions.NoPermissionError):
        attempt(hostile)


def test_a_task_sent_with_the_sites_own_settings_and_the_runners_user_does_not_arrive(server: Server) -> None:
    app = celery_on(celery_broker_settings(server.url("runner")))
    with pytest.raises((KombuError, redis.RedisError, OSError)):
        app.send_task("labs.tasks.reconcile", queue="site", retry=False)
    with closing(server.connect("site")) as site:
        assert site.llen(SITE_QUEUE) == 0


def test_what_the_runner_sends_on_its_own_broker_is_not_the_sites(server: Server) -> None:
    celery_on(broker_settings(server.url("runner"))).send_task("labs.tasks.reconcile", queue="site", retry=False)
    with closing(server.connect("site")) as site:
        assert (site.llen(SITE_QUEUE), site.llen("residual-runner:site")) == (0, 1)


def test_the_runners_user_still_hears_the_doorbell(server: Server, settings: Settings) -> None:
    settings.RUNNER_BROKER_URL = server.url("runner")
    assert ring("job-1")
    with (
        celery_on(broker_settings(server.url("runner"))).connection() as connection,
        closing(connection.SimpleQueue(RING_QUEUE)) as queue,
    ):
        message = queue.get(timeout=10)
        message.ack()
    assert message.headers["argsrepr"] == "['job-1']"


@pytest.fixture
def site_worker(server: Server, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker of the site. Its database is empty, so its tasks fail; all that matters is that it takes them."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "DATA_DIR": str(tmp_path),
        "BROKER_URL": server.url("site"),
    }
    command = [sys.executable, "-m", "celery", "-A", "residual", "worker", "--pool", "solo", "--queues", "site"]
    process = subprocess.Popen(
        [*command, "--loglevel", "CRITICAL"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield process
    process.terminate()
    process.wait(timeout=30)


def test_nobody_can_stop_a_site_worker_through_the_broker(server: Server, site_worker: subprocess.Popen[bytes]) -> None:
    """The runner's user may not speak to it, and for those who may, remote control is off."""
    own = celery_on(celery_broker_settings(server.url("site")))

    def takes_a_task() -> None:
        own.send_task("labs.tasks.reconcile", queue="site", retry=False)
        with closing(server.connect("site")) as site:
            wait_until(lambda: site.llen(SITE_QUEUE) == 0)

    takes_a_task()
    with pytest.raises((KombuError, redis.RedisError, OSError)):
        celery_on(celery_broker_settings(server.url("runner"))).control.shutdown()
    celery_on(broker_settings(server.url("runner"))).control.shutdown()  # what it may send, nobody hears
    own.control.shutdown()
    takes_a_task()
    takes_a_task()
    assert site_worker.poll() is None
