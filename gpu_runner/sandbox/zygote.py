"""A warm process that only forks: everything heavy is imported once, and each request gets a fresh copy of it."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_runner.sandbox import channel, jail, syscalls

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[[socket.socket, list[int], bool], None]


class ThreadsError(RuntimeError):
    """An import started a thread; forking now could hang a child on a lock."""


def load(names: list[str]) -> None:
    """Import `module` or `module:Class` each; the class matters, since transformers and diffusers import lazily."""
    for name in names:
        module, _, attribute = name.partition(":")
        loaded = importlib.import_module(module)
        if attribute:
            getattr(loaded, attribute)


def assert_one_thread() -> None:
    """Raise unless this process has exactly one thread."""
    threads = sum(1 for _ in Path("/proc/self/task").iterdir())
    if threads != 1:
        raise ThreadsError(f"the zygote has {threads} threads after its imports; forking would not be safe")


def main(arguments: list[str]) -> None:
    """Entry point: `channel-fd module:function jailed preload…`."""
    fd, serve_name, jailed_text, *preload = arguments
    requests, jailed = socket.socket(fileno=int(fd)), jailed_text == "1"
    try:
        module, _, function = serve_name.partition(":")
        serving = importlib.import_module(module)
        serve = getattr(serving, function)
        load(preload)
        serving.warm()
        assert_one_thread()
    except Exception:  # noqa: BLE001 - whatever went wrong is told to the supervisor, which shows it
        channel.send(requests, {"op": "failed", "error": traceback.format_exc(limit=-3)})
        return
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel.send(requests, {"op": "ready"})
    _fork_forever(requests, serve, jailed=jailed)
    os._exit(0)  # nothing to tidy up, and interpreters with torch take their time


def _fork_forever(requests: socket.socket, serve: Serve, *, jailed: bool) -> None:
    while True:
        try:
            message = channel.receive(requests)
        except channel.ClosedError:
            return
        control = socket.socket(fileno=message.fds[0])
        isolated = jailed and message.body["isolate"]
        try:
            pid = syscalls.fork_into(jail.NAMESPACES) if isolated else os.fork()
        except OSError as error:
            channel.send(control, {"op": "failed", "error": f"fork: {error}"})
            pid = -1
        if pid == 0:
            requests.close()
            _run_child(control, message.fds[1:], serve, isolated=isolated)
        control.close()
        for extra in message.fds[1:]:
            os.close(extra)


def _run_child(control: socket.socket, fds: list[int], serve: Serve, *, isolated: bool) -> None:
    """Never returns. An exception here is ours: a learner's code runs under its own handler."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        serve(control, fds, isolated)
    except BaseException:  # noqa: BLE001 - a forked child must never fall back into the zygote's loop
        os.write(2, traceback.format_exc().encode())
        os._exit(70)
    os._exit(0)
