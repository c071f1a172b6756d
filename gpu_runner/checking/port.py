"""The checker's side of the channel to the supervisor: ask for a call, receive what came of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gpu_runner.checking.failures import raised
from gpu_runner.checking.results import Observation
from gpu_runner.checking.verdicts import Stopped
from gpu_runner.protocol import Limits, Usage, Verdict
from gpu_runner.sandbox import channel, wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from gpu_runner.checking.axes import Axes


STANDARD_PROBE: Final = Path(__file__).with_name("standard_probe.py").read_text()


@dataclass(frozen=True, slots=True)
class Port:
    """One submission's connection."""

    supervisor: socket.socket
    files: Mapping[str, bytes]
    source: str
    limits: Limits

    def call(
        self,
        kind: str,
        name: str,
        arguments: dict[str, Any],
        axes: Axes,
        *,
        may_raise: bool = False,
        return_inputs: bool = False,
    ) -> Observation:
        """Run one call in a fresh child. Raises Stopped unless it answered (or raised, with `may_raise`).

        `kind`: `call` (the learner's function), `probe` (of the lab), `standard` (the probe of every lab), `parse`.
        """
        probe = {"probe": self.files.get("probe.py", b"").decode(), "standard": STANDARD_PROBE}.get(kind, "")
        kind = "probe" if kind == "standard" else kind
        request = {"op": "call", "kind": kind, "name": name, "return_inputs": return_inputs, "probe": probe}
        tree = wire.to_memory(arguments)
        try:
            channel.send(self.supervisor, request, (tree,))
        finally:
            os.close(tree)
        reply = channel.receive(self.supervisor)
        try:
            return self._read(reply, axes, may_raise=may_raise)
        finally:
            reply.close()

    def _read(self, reply: channel.Received, axes: Axes, *, may_raise: bool) -> Observation:
        if reply.body["op"] == "trouble":
            raise Stopped(Verdict(reply.body["verdict"]), reply.body["message"])
        frame = _decode(reply.fds[0], reply.body["keeper"])
        error, usage = frame.get("error"), Usage(**reply.body["usage"])
        if error is None:
            return Observation(axes, frame.get("value"), inputs=frame.get("inputs"), usage=usage)
        stopped = raised(error, reply.body["keeper"], self.limits)
        if may_raise and stopped.verdict is Verdict.ERROR:
            what = {"type": str(error.get("type")), "message": stopped.message}
            return Observation(axes, None, error=what, usage=usage)
        raise stopped


def _decode(fd: int, keeper: dict[str, Any]) -> dict[str, Any]:
    """The answer, or Stopped: whatever cannot be read is the absence of an answer and never a failure of ours."""
    if os.pread(fd, 8, 0).strip(b"\0") == b"":
        text = f"Your code ended the process (exit code {keeper.get('exit')}) before it returned an answer."
        raise Stopped(Verdict.NO_RESULT, text)
    try:
        frame = wire.decode(fd)
    except (wire.MalformedError, MemoryError, RecursionError) as error:
        raise Stopped(Verdict.NO_RESULT, f"The process that ran your code left no readable answer: {error}.") from error
    if not isinstance(frame, dict):
        raise Stopped(Verdict.NO_RESULT, "The process that ran your code left no readable answer.")
    return frame
