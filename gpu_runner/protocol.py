"""What the site and a runner say to each other: typed, versioned, and free of any heavy import.

The site imports this module through `labs/dispatch.py`, so it may import pydantic and the standard library only.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import datetime
from enum import StrEnum
from keyword import iskeyword
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Mapping

PROTOCOL: Final = 3
CHECK_LIBRARY: Final = "1"
"""Version of `gpu_runner.checking`; raise it when the library may judge the same answer differently."""

MAX_SOURCE_BYTES: Final = 256 * 1024
MAX_PARTS: Final = 8
STARTER: Final = "starter.py"
OTHERS_NAMES: Final = frozenset({"torch", "numpy", "transformers", "diffusers", "peft", "safetensors", "gpu_runner"})
"""Besides the standard library, what a module of a lab must not be called: its import would give the lab's file."""
MEASURED: Final = ("memory_mb", "peak_mb", "steps_per_s", "gpu_memory_mb", "gpu_peak_mb")
"""Names of a `metric` event that the runner measures; all others are reported by the learner's code."""
TRACE: Final = "trace"
"""The check that shows a forward pass step by step; run where it is asked for by name, and it judges nothing."""
RING_TASK: Final = "gpu_runner.ring"
RING_QUEUE: Final = "runner"

CheckId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class Verdict(StrEnum):
    """What became of a check or of a whole submission."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    LIMIT = "limit"
    CRASH = "crash"
    NO_RESULT = "no_result"
    INFRA_ERROR = "infra_error"


class Evidence(StrEnum):
    """What a check rests on; the first three are established outside the learner's process."""

    COMPUTED = "computed"
    SCORED = "scored"
    METERED = "metered"
    OBSERVED = "observed"
    POLICY = "policy"


class Level(StrEnum):
    """How strongly learners' code is held, strongest first."""

    FULL = "full"
    NAMESPACES = "namespaces"
    UNSAFE_LOCAL = "unsafe-local"


class Lane(StrEnum):
    """What kind of job: seconds of checks, minutes of training on the CPU, or a GPU."""

    CHECK = "check"
    TRAIN = "train"
    GPU = "gpu"


class Message(BaseModel):
    """A strict record: unknown keys are refused, so that a version mismatch is noticed at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(Message):
    """What one check may use: seconds, MiB (KiB for the log) and counts."""

    wall_s: float = Field(default=10.0, gt=0, le=3600)
    cpu_s: float = Field(default=10.0, gt=0, le=3600)
    memory_mb: int = Field(default=512, ge=16, le=65536)
    processes: int = Field(default=32, ge=1, le=1024)
    file_mb: int = Field(default=16, ge=1, le=65536)
    disk_mb: int = Field(default=32, ge=1, le=65536)
    inodes: int = Field(default=1000, ge=16, le=1_000_000)
    log_kb: int = Field(default=64, ge=1, le=4096)
    result_mb: int = Field(default=16, ge=1, le=4096)


class Usage(Message):
    """What was used, measured by the supervisor: seconds over all processes, peak MiB."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0


class CheckResult(Message):
    """What one check found."""

    id: CheckId
    title: str
    evidence: Evidence
    verdict: Verdict
    message: str = ""
    details: dict[str, Any] = Field(default_factory=dict)
    usage: Usage = Field(default_factory=Usage)


class Report(Message):
    """The verdict on a submission with all that it rests on."""

    verdict: Verdict
    checks: list[CheckResult] = Field(default_factory=list)
    usage: Usage = Field(default_factory=Usage)
    limits: Limits = Field(default_factory=Limits)
    log: str = ""
    level: Level = Level.FULL
    message: str = ""


class Event(Message):
    """Something that happened while judging; `seq` counts from 1 within an attempt."""

    seq: int = Field(ge=1)
    kind: Literal["started", "check", "log", "metric"]
    at: datetime
    data: dict[str, Any] = Field(default_factory=dict)


class Part(Message):
    """A passed part of an earlier lab, for `from mine import …`; or why there is none, in `missing`."""

    lab: str
    filename: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,60}\.py$")
    exports: list[str]
    origin: Literal["own", "reference"] = "own"
    source: str = Field(default="", max_length=MAX_SOURCE_BYTES)
    missing: str = ""


class Job(Message):
    """One submission to judge, as handed out by `claim`."""

    protocol: int = PROTOCOL
    id: str
    attempt: int = Field(ge=1)
    lane: Lane = Lane.CHECK
    lab: str
    judge_digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    filename: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,60}\.py$")
    source: str
    checks: list[CheckId] | None = None
    mine: list[Part] = Field(default_factory=list, max_length=MAX_PARTS)
    limits: Limits = Field(default_factory=Limits)
    lease_s: float = Field(gt=0)
    request_id: str = ""


class Host(Message):
    """What a runner's machine offers: its device in words, MiB that one job can get at most, versions that judge."""

    device: str = Field(max_length=120)
    memory_mb: int = Field(ge=0)
    torch: str = Field(max_length=40)
    check_library: str = CHECK_LIBRARY


class Claim(Message):
    """A runner asks for work: `lanes` are all that it serves, `free` those in which it has a place now."""

    protocol: int = PROTOCOL
    runner: str
    lanes: list[Lane]
    free: list[Lane]
    level: Level
    host: Host


class Heartbeat(Message):
    """A runner still works on an attempt."""

    attempt: int = Field(ge=1)


class EventBatch(Message):
    """Events of one attempt, in order."""

    attempt: int = Field(ge=1)
    events: list[Event] = Field(max_length=100)


class VerdictPost(Message):
    """The last word of an attempt."""

    attempt: int = Field(ge=1)
    report: Report


class Bundle(Message):
    """A lab's judging files, named by their digest; bytes travel as base64."""

    digest: str
    files: dict[str, str]


def safe_path(path: str) -> str:
    """Return `path` if it names a file inside a bundle, else raise ValueError."""
    parts = PurePosixPath(path)
    if not path or "\\" in path or "\0" in path or parts.is_absolute() or ".." in parts.parts or str(parts) != path:
        raise ValueError(f"{path!r} is not a plain relative path")
    return path


def judge_digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the paths and bytes of a lab's judging files and the version of the check library.

    Files that do not judge (README, starter, proof) are left out, so that editing words keeps old verdicts comparable.
    Raises ValueError for a path that leaves the folder.
    """
    digest = hashlib.sha256(f"residual-judge:{CHECK_LIBRARY}\n".encode())
    for path in sorted(files):
        if not is_judging_file(safe_path(path)):
            continue
        name, body = path.encode(), files[path]
        digest.update(f"{len(name)}:{len(body)}:".encode() + name + body)
    return digest.hexdigest()


def is_judging_file(path: str) -> bool:
    """Whether a file of a lab folder takes part in judging.

    Those are `lab.yaml`, everything under `data/`, and every Python file beside them but the starter: `checks.py`,
    `solution.py`, whatever modules these import, all trusted; and `probe.py`, which runs beside the learner's code.
    """
    return path == "lab.yaml" or path.startswith("data/") or (_is_module(path) and path != STARTER)


def judging_files(folder: Path) -> dict[str, bytes]:
    """Read the judging files of a lab folder. Raises ValueError for a link, or a module whose name is another's."""
    found: dict[str, bytes] = {}
    for path in sorted([*folder.glob("*"), *(folder / "data").rglob("*")]):
        name = path.relative_to(folder).as_posix()
        if not is_judging_file(name):
            continue
        if path.is_symlink() or any((folder / part).is_symlink() for part in PurePosixPath(name).parents[:-1]):
            raise ValueError(f"{name} is a symbolic link; a lab's judging files must be plain files")
        if _is_module(name) and (problem := _module_problem(path.stem)):
            raise ValueError(f"{name} {problem}")
        if path.is_file():
            found[name] = path.read_bytes()
    return found


def _is_module(path: str) -> bool:
    return path.endswith(".py") and "/" not in path and not path.startswith(".")


def _module_problem(stem: str) -> str:
    """Why a lab's module must not have this name, or nothing."""
    if not stem.isidentifier() or iskeyword(stem):
        return "cannot be imported by that name; use letters, digits and underscores"
    if stem in sys.stdlib_module_names or stem in OTHERS_NAMES:
        return f"would be imported in the place of Python's or a library's own {stem}; choose another name"
    return ""


def broker_settings(url: str) -> dict[str, Any]:
    """Celery settings for a doorbell broker URL: `redis://…` or `filesystem:///absolute/folder`.

    Site and runner must use the same options, or they look into different folders. Raises ValueError for other URLs.
    """
    if url.startswith("filesystem:///"):
        folder = url.removeprefix("filesystem://").rstrip("/")
        return {
            "broker_url": "filesystem://",
            "broker_transport_options": {
                "data_folder_in": f"{folder}/messages",
                "data_folder_out": f"{folder}/messages",
                "control_folder": f"{folder}/control",
                "store_processed": False,
                "polling_interval": 0.02,
            },
        }
    if url.startswith(("redis://", "rediss://", "memory://")):
        return {"broker_url": url, "broker_transport_options": {"global_keyprefix": "residual-runner:"}}
    raise ValueError(f"broker URL {url!r} is neither redis:// nor filesystem:///absolute/folder")
