"""The runner as a Celery worker: `celery -A gpu_runner.celery worker --pool threads --concurrency 2`.

A doorbell only wakes it; what to judge it learns from the site over HTTP. It knows nothing but the environment
variables read in `Settings`.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

import structlog
from celery import Celery
from celery.signals import worker_init, worker_shutdown, worker_shutting_down

from gpu_runner import doorbell
from gpu_runner.client import SiteClient
from gpu_runner.gpu.cards import Card, NoCardError
from gpu_runner.gpu.selftest import find_lane, problems
from gpu_runner.host import describe_host
from gpu_runner.protocol import RING_QUEUE, RING_TASK, Lane, Level, broker_settings
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import NoSandboxError
from gpu_runner.supervisor.zygotes import LIBRARIES, BootError
from gpu_runner.worker import LANES, Worker, read_lanes

STRENGTH: Final = [Level.UNSAFE_LOCAL, Level.NAMESPACES, Level.FULL]
log = structlog.get_logger("gpu_runner")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a runner host holds."""

    broker_url: str
    site_url: str
    token: str
    name: str
    cache: Path
    min_level: Level
    libraries: tuple[str, ...]
    lanes: tuple[Lane, ...]

    @classmethod
    def from_environment(cls, environment: dict[str, str]) -> Settings:
        """Read and check the variables. Raises ValueError naming the one that is wrong."""
        missing = [n for n in ("RUNNER_BROKER_URL", "SITE_URL", "RUNNER_TOKEN") if not environment.get(n)]
        if missing:
            raise ValueError(f"set {', '.join(missing)}: a runner needs its broker, the site's address and its token")
        level = environment.get("MIN_LEVEL", Level.FULL.value)
        if level not in set(Level):
            raise ValueError(f"MIN_LEVEL={level!r} is not one of {', '.join(Level)}")
        libraries = tuple(environment.get("RUNNER_PRELOAD", ",".join(LIBRARIES)).replace(",", " ").split())
        if unknown := set(libraries) - set(LIBRARIES):
            raise ValueError(f"RUNNER_PRELOAD: {', '.join(sorted(unknown))} is not one of {', '.join(LIBRARIES)}")
        return cls(
            broker_url=environment["RUNNER_BROKER_URL"],
            site_url=environment["SITE_URL"],
            token=environment["RUNNER_TOKEN"],
            name=environment.get("RUNNER_NAME") or socket.gethostname(),
            cache=Path(environment.get("RUNNER_CACHE_DIR") or Path.home() / ".cache" / "residual-runner"),
            min_level=Level(level),
            libraries=libraries,
            lanes=read_lanes(environment.get("RUNNER_LANES", ",".join(LANES))),
        )


def make_app(settings: Settings) -> Celery:
    """The Celery app: one task, one queue, no remote control, nothing stored."""
    options = broker_settings(settings.broker_url)
    for folder in ("data_folder_in", "control_folder"):
        if path := options["broker_transport_options"].get(folder):
            Path(path).mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Celery("gpu_runner", set_as_current=True)
    made.conf.update(
        options,
        task_default_queue=RING_QUEUE,
        task_ignore_result=True,
        task_acks_late=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_pool="threads",
        worker_concurrency=2,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=True,
    )
    return made


def start_supervisor(settings: Settings) -> Supervisor:
    """Warm up at the strongest level there is. Raises SystemExit with what is missing if that is below the minimum."""
    try:
        supervisor = Supervisor()
        try:
            supervisor.start()
        except NoSandboxError:
            if settings.min_level is not Level.UNSAFE_LOCAL:
                raise
            supervisor = Supervisor(unsafe_local=True)
            supervisor.start()
    except (NoSandboxError, BootError) as error:
        raise SystemExit(f"the runner cannot start: {error}") from error
    if STRENGTH.index(supervisor.level) < STRENGTH.index(settings.min_level):
        supervisor.close()
        reasons = "; ".join(supervisor.missing)
        raise SystemExit(f"the sandbox level is {supervisor.level}, MIN_LEVEL is {settings.min_level}: {reasons}")
    if settings.libraries:
        supervisor.warm(settings.libraries)
    return supervisor


def take_card(supervisor: Supervisor, lanes: tuple[Lane, ...]) -> tuple[tuple[Lane, ...], Card | None]:
    """The lanes to announce, `gpu` among them only if a card passes its test here, and that card.

    Raises SystemExit where that leaves none.
    """
    if Lane.GPU not in lanes:
        return lanes, None
    try:
        lane = find_lane(wanted=os.environ.get("RUNNER_GPU", ""))
        supervisor.take_card(lane)
        reasons = problems(supervisor.judge, lane)
    except (NoCardError, BootError) as error:
        reasons = [str(error)]
    if not reasons:
        return lanes, lane.card
    log.error("gpu_lane_not_served", reasons=reasons, then="see docs/gpu.md; residual doctor --gpu tries again")
    others = tuple(one for one in lanes if one is not Lane.GPU)
    if not others:
        supervisor.close()
        raise SystemExit(f"the runner has no lane to serve: {'; '.join(reasons)}")
    return others, None


doorbell.install()
settings = Settings.from_environment(dict(os.environ))
app = make_app(settings)
_running: dict[str, Worker] = {}


@worker_init.connect  # type: ignore[untyped-decorator]  # celery ships no types
def begin(**_: Any) -> None:
    """Before the first doorbell: warm zygotes, then look for work left from before."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop_early)  # Celery's own come after this, and work does not wait for them
    supervisor = start_supervisor(settings)
    client = SiteClient(settings.site_url, settings.token, settings.name, settings.cache)
    lanes, card = take_card(supervisor, settings.lanes)
    worker = _running["worker"] = Worker(supervisor, client, lanes, describe_host(card))
    log.info("runner_ready", level=supervisor.level.value, name=settings.name)
    threading.Thread(target=worker.claim_when_idle, name="idle-claims", daemon=True).start()


def _stop_early(_number: int, _frame: FrameType | None) -> None:
    end()
    raise SystemExit(0)


@worker_shutting_down.connect  # type: ignore[untyped-decorator]  # celery ships no types
def stop_claiming(**_: Any) -> None:
    """Asked to stop: what runs is finished or handed back, and what waits is left to others."""
    worker = _running.get("worker")
    if worker is not None:
        worker.close()


@worker_shutdown.connect  # type: ignore[untyped-decorator]  # celery ships no types
def end(**_: Any) -> None:
    """Wait for what runs, then let go of the zygotes."""
    worker = _running.pop("worker", None)
    if worker is not None:
        worker.close()
        worker.wait_until_idle()
        worker.supervisor.close()
        worker.client.close()


@app.task(name=RING_TASK)  # type: ignore[untyped-decorator]  # celery ships no types
def ring(_job_id: str) -> None:
    """The doorbell. Which job is next is the site's decision, so the id only helps to read logs."""
    worker = _running.get("worker")
    if worker is not None:
        worker.drain()
