"""Start warm processes, ask them to fork, replace them when they are worn or dead."""

from __future__ import annotations

import dataclasses
import json
import os
import site
import subprocess
import sys
import sysconfig
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import structlog

from gpu_runner.sandbox import channel
from gpu_runner.sandbox.launch import SYSTEM_LIBRARIES, Plan

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

PACKAGE: Final = Path(__file__).parents[1]
HIDDEN_PACKAGES: Final = ("residual", "curriculum", "labs", "gpu_runner", "templates", "tests")
LAUNCH: Final = "import sys; sys.path.insert(0, sys.argv.pop(1)); from gpu_runner.sandbox.launch import main; main()"
BOOT_PATIENCE_S: Final = 180.0
SANDBOX_UID: Final = 64001
CHECKER_UID: Final = 64002
GPU_UID: Final = 64003
TRANSFORMERS: Final = (
    "transformers:GPT2LMHeadModel",
    "transformers:BertModel",
    "transformers:ViTModel",
    "transformers:CLIPTextModel",
)
DIFFUSERS: Final = (
    "diffusers:UNet2DModel",
    "diffusers:UNet2DConditionModel",
    "diffusers:AutoencoderKL",
    "diffusers:DDPMScheduler",
)
# The first step of any optimiser imports 800 modules (1.2 s), all of them below this one.
OPTIMISERS: Final = ("torch._dynamo",)
LIBRARIES: Final = {"optimisers": OPTIMISERS, "transformers": TRANSFORMERS, "diffusers": DIFFUSERS}

NAMED_BY: Final = {"optimisers": ("optim",), "transformers": ("transformers", "peft"), "diffusers": ("diffusers",)}

log = structlog.get_logger("gpu_runner")


class BootError(RuntimeError):
    """A zygote did not come up; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a zygote is for."""

    name: str
    serve: str
    uid: int
    preload: tuple[str, ...]
    code: tuple[str, ...]
    devices: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def plan(self, fd: int, *, jailed: bool) -> Plan:
        return Plan(
            channel=fd,
            python=sys.executable,
            paths=visible_paths(),
            code={str(PACKAGE / part): str(Path("gpu_runner", part)) for part in self.code},
            hidden=hidden_paths(),
            serve=self.serve,
            preload=list(self.preload),
            uid=self.uid,
            jailed=jailed,
            devices=list(self.devices),
            environment=dict(self.environment),
        )


def sandbox_role(libraries: tuple[str, ...] = ()) -> Role:
    """The untrusted zygote; `libraries` names what to have warm besides torch (names of LIBRARIES)."""
    extra = tuple(name for library in libraries for name in LIBRARIES[library])
    preload = ("torch", "torch.nn.functional", *extra)
    return Role(
        "sandbox", "gpu_runner.sandbox.child:serve", SANDBOX_UID, preload, ("__init__.py", "live.py", "sandbox")
    )


def gpu_role(uuid: str, nodes: tuple[str, ...]) -> Role:
    """The untrusted zygote of the lane `gpu`: the only one whose root holds a card's device files, and one card's."""
    role, visible = sandbox_role(), (("CUDA_VISIBLE_DEVICES", uuid), ("CUDA_MODULE_LOADING", "LAZY"))
    return dataclasses.replace(role, name="gpu sandbox", uid=GPU_UID, devices=nodes, environment=visible)


def checker_role() -> Role:
    """The trusted zygote, which sees the check library but no lab on disk."""
    return Role("checker", "gpu_runner.checking.serve:serve", CHECKER_UID, ("torch", "torch.nn.functional"), (".",))


def libraries_named(text: str) -> set[str]:
    """Which of LIBRARIES a text seems to use. A guess, good enough for choosing what to have warm."""
    return {library for library, words in NAMED_BY.items() if any(word in text for word in words)}


def visible_paths() -> list[str]:
    """What of this machine an interpreter needs: its own installation, its environment, the system's libraries."""
    paths = [path for path in SYSTEM_LIBRARIES if os.path.lexists(path)]
    if sys.prefix != sys.base_prefix:
        paths.append(sys.prefix)
    base = Path(sys.base_prefix)
    if base in (Path("/usr"), Path("/usr/local")):
        paths += [*_links(Path(sys.executable)), str(base / "lib")]
    else:
        paths.append(str(base))
    return list(dict.fromkeys(paths))


def _links(executable: Path) -> list[str]:
    """Every step from an environment's `python` to the program: `/usr/bin/python3`, `/usr/bin/python3.11`."""
    steps: list[str] = []
    while executable.is_symlink():
        executable = executable.parent / executable.readlink()
        steps.append(str(executable))
    return steps or [str(executable)]


def hidden_paths() -> list[str]:
    """Folders of the platform itself inside the environment: labs and their solutions among them."""
    folders = {*site.getsitepackages(), sysconfig.get_path("purelib")}
    return [
        str(Path(folder, name)) for folder in sorted(folders) for name in HIDDEN_PACKAGES if Path(folder, name).is_dir()
    ]


@dataclass(slots=True)
class Zygote:
    """One running zygote. Closing its channel ends it and, with its pid namespace, everything it forked."""

    role: Role
    process: subprocess.Popen[bytes]
    requests: socket.socket
    errors: IO[bytes]
    forks: int = 0
    users: int = 0
    retired: bool = False

    @classmethod
    def start(cls, role: Role, *, jailed: bool) -> Zygote:
        """Spawn and wait until it is warm. Raises BootError."""
        ours, theirs = channel.pair()
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the zygote
        plan = json.dumps(dataclasses.asdict(role.plan(theirs.fileno(), jailed=jailed)))
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", LAUNCH, str(PACKAGE.parent), plan],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={},
            cwd="/",
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        zygote = cls(role, process, ours, errors)
        zygote._await_ready()
        return zygote

    def _await_ready(self) -> None:
        self.requests.settimeout(BOOT_PATIENCE_S)
        try:
            message = channel.receive(self.requests).body
        except (channel.ClosedError, TimeoutError) as error:
            said = self._said()
            self.close()
            raise BootError(f"the {self.role.name} zygote did not start: {error}\n{said}") from error
        if message["op"] != "ready":
            self.close()
            raise BootError(f"the {self.role.name} zygote did not start:\n{message['error']}")
        self.requests.settimeout(None)

    def _said(self) -> str:
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")[-2000:]

    def fork(self, fds: tuple[int, ...], *, isolate: bool) -> None:
        """Ask for a child that owns `fds`, the first being its control channel. Raises channel.ClosedError."""
        self.forks += 1
        channel.send(self.requests, {"op": "fork", "isolate": isolate}, fds)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        self.requests.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()


def ignore_renewal() -> None:
    """For keepers whose zygotes have no spares waiting."""


@dataclass(slots=True)
class ZygoteKeeper:
    """Holds the current zygote of a role; a dead one is replaced at once, a worn one in the background."""

    role: Role
    jailed: bool
    lifetime: int
    on_renewal: Callable[[], None] = ignore_renewal
    _current: Zygote | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _renewal: threading.Thread | None = None
    _closed: bool = False

    def acquire(self) -> Zygote:
        """The zygote to fork from next; give it back with `release` once its child is gone."""
        with self._lock:
            if self._current is None or not self._current.alive:
                if self._current is not None:
                    self._current.close()
                self._current = Zygote.start(self.role, jailed=self.jailed)
            self._current.users += 1
            if self._current.forks >= self.lifetime:
                self._renew_in_background(self.role)
            return self._current

    def warm(self) -> bool:
        """Whether `acquire` would answer at once; if not, a zygote is brought up in the background."""
        with self._lock:
            if self._current is not None and self._current.alive:
                return True
            self._renew_in_background(self.role)
            return False

    def replace(self, role: Role) -> None:
        """Change what is warm: the next zygote comes up in the background and takes over when it is ready."""
        with self._lock:
            self._renew_in_background(role)

    def _renew_in_background(self, role: Role) -> None:
        if self._renewal is None:
            self._renewal = threading.Thread(target=self._renew, args=(role,), name=f"renew-{role.name}", daemon=True)
            self._renewal.start()

    def release(self, zygote: Zygote) -> None:
        with self._lock:
            zygote.users -= 1
            if zygote.retired and zygote.users == 0:
                zygote.close()

    def _renew(self, role: Role) -> None:
        try:
            fresh = Zygote.start(role, jailed=self.jailed)
        except BootError as error:
            log.warning("zygote_not_renewed", role=role.name, error=str(error), then="the present one goes on")
            self._renewal = None  # the next call tries again
            return
        with self._lock:
            if self._closed:
                fresh.close()
                return
            worn, self._current, self._renewal = self._current, fresh, None
            self.role = role  # only now: a role that does not come up must not be what a dead zygote is replaced by
            if worn is not None:
                worn.retired = True
                if worn.users == 0:
                    worn.close()
        self.on_renewal()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._current is not None:
                self._current.close()
                self._current = None
        renewal = self._renewal
        if renewal is not None:
            renewal.join()
