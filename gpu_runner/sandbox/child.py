"""The disposable child: locks itself in, reads one request, runs the learner's code on it, leaves one answer.

Nothing that decides a verdict is here. A learner's code shares this process, so the answer it leaves is only a claim
about values, and the trusted side compares it.
"""

from __future__ import annotations

import contextlib
import linecache
import os
import random
import secrets
import signal
import socket
import sys
import types
from typing import Any, Final

import numpy as np
import torch

from gpu_runner import live
from gpu_runner.sandbox import channel, jail, mine, syscalls, wire
from gpu_runner.sandbox.errors import describe

_RESULT_FD: Final = 3
_LIVE_FD: Final = 4
_DONE_FD: Final = 5
_ASIDE: Final = 100  # where they wait while everything below is closed


class NotDefinedError(AttributeError):
    """The learner's file lacks an entry point."""


def serve(control: socket.socket, fds: list[int], isolated: bool) -> None:
    """Run in the forked child: `fds` are the write ends of the log, the exit status, the live reports and "done"."""
    log, status, reports, done = fds
    try:
        bounds = jail.await_go(control)
        if isolated:
            jail.enter_namespaces(bounds)
        else:
            os.setsid()
            syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
        learner = os.fork()
        if learner:
            jail.only_these(2, status)
            jail.keep(learner, status)
        _take_over_output(log)
        os.close(status)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # the keeper goes on ignoring it
        jail.lock(bounds, jailed=isolated)
        if bounds.cuda_share:
            claim_card(bounds.cuda_share)
    except (OSError, RuntimeError, AssertionError) as error:  # torch says so in three ways that there is no card
        channel.send(control, {"op": "failed", "error": str(error)})
        raise
    channel.send(control, {"op": "ready"})
    _answer(control, reports, done)


def claim_card(share: float) -> None:
    """Initialise CUDA, here and in no process that is forked again, and cap what torch hands out of its one card.

    Before a line of the learner's: a failure is told as ours. Raises RuntimeError or AssertionError without a card.
    """
    torch.cuda.init()  # type: ignore[no-untyped-call]  # torch ships no types for it
    if torch.cuda.device_count() != 1:
        raise RuntimeError(f"{torch.cuda.device_count()} cards are visible; one should be")
    torch.cuda.set_per_process_memory_fraction(share)
    torch.zeros(1, device="cuda")  # makes the context, so that its memory counts from the beginning


def _take_over_output(log: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(nowhere)
    os.close(log)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text file until the learner replaces it


def _answer(control: socket.socket, reports: int, done: int) -> None:
    """Receive the one request, let go of the supervisor, and only then run what the learner wrote."""
    try:
        message = channel.receive(control)
    except channel.ClosedError:
        os._exit(0)  # a spare that was never needed
    request, (arguments, result) = message.body, message.fds
    jail.set_limits(**request["rlimits"])
    tree = wire.decode(arguments)
    control.close()
    _keep_descriptors(result, reports, done)
    live.connect(_LIVE_FD)
    reseed(request["seed"])
    os.environ.clear()
    os.environ.update({"HOME": jail.SCRATCH, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"})
    _leave(*_run(request, tree))


def _keep_descriptors(result: int, reports: int, done: int) -> None:
    """Standard input, output and error, the result, the live reports, "done", and nothing else."""
    wanted = {_RESULT_FD: result, _LIVE_FD: reports, _DONE_FD: done}
    for place, fd in wanted.items():
        os.dup2(fd, place + _ASIDE)
    jail.only_these(0, 1, 2, *(place + _ASIDE for place in wanted))
    for place in wanted:
        os.dup2(place + _ASIDE, place)
        os.close(place + _ASIDE)


def _run(request: dict[str, Any], arguments: Any) -> tuple[wire.Frame, bool]:
    """The answer, and whether it is a value and no error."""
    try:
        if request["op"] == "parse":
            compile(request["source"], request["filename"], "exec", dont_inherit=True)
            return wire.encode({"value": None}), True
        outcome: dict[str, object] = {"value": _invoke(request, arguments)}
        if request["return_inputs"]:
            outcome["inputs"] = arguments
        return wire.encode(outcome), True
    except BaseException as error:  # noqa: BLE001 - anything a learner's code can raise becomes its report
        return wire.encode({"error": describe(error, request["filename"], request["mine"])}), False


def _leave(answer: wire.Frame, is_value: bool) -> None:
    try:
        wire.write_mapped(answer, _RESULT_FD)
    except wire.TooLargeError as error:
        report = {"kind": "result_size", "type": "ResultTooLarge", "message": str(error), "needed": error.needed}
        wire.write_mapped(wire.encode({"error": report}), _RESULT_FD)
        is_value = False
    with contextlib.suppress(Exception):  # a learner may have replaced stdout with anything; the answer is already out
        sys.stdout.flush()
    if is_value:
        with contextlib.suppress(OSError):  # or closed it: then our end is noticed instead
            os.write(_DONE_FD, channel.DONE)
    os._exit(0)


def _invoke(request: dict[str, Any], arguments: Any) -> object:
    mine.install(request["mine"])
    learner = load_module(request["filename"], request["source"])
    target: Any = learner
    leading: list[object] = []
    if request["op"] == "probe":
        target = load_module("probe.py", request["probe"])
        leading = [learner]
    function = getattr(target, request["name"], None)
    if function is None:
        raise NotDefinedError(f"{request['filename']} does not define `{request['name']}`")
    for name in request["entry_points"]:
        if not hasattr(learner, name):
            raise NotDefinedError(f"{request['filename']} does not define `{name}`")
    return function(*leading, *arguments["args"], **arguments["kwargs"])


def load_module(filename: str, source: str) -> types.ModuleType:
    """Execute a file's text as an importable module named after it."""
    name = filename.removesuffix(".py")
    module = types.ModuleType(name)
    module.__file__ = filename
    sys.modules[name] = module
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what a sandbox is for
    return module


def reseed(seed: int) -> None:
    """All children of a zygote start with its generators' state; give this one its own."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # learners use the legacy generator too
    torch.manual_seed(seed)


def warm() -> None:
    """Do once, before any fork, what is slow the first time: seeding, a product, a backward pass, a round trip."""
    reseed(secrets.randbits(63))
    weight = torch.randn(4, 4, requires_grad=True)
    torch.autograd.grad(torch.softmax(weight @ weight.mT, dim=-1).sum(), weight)
    fd = wire.to_memory({"args": [weight.detach()], "kwargs": {}})
    wire.decode(fd)
    os.close(fd)
