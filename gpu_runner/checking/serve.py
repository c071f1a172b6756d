"""A checker for one submission: forked warm, it runs the lab's `checks.py` and reports each check as it is decided."""

from __future__ import annotations

import base64
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final

from gpu_runner.checking.context import Lab
from gpu_runner.checking.port import Port
from gpu_runner.checking.registry import registered
from gpu_runner.checking.repeating import snippet
from gpu_runner.checking.verdicts import Stopped
from gpu_runner.protocol import Limits, Verdict
from gpu_runner.sandbox import channel
from gpu_runner.sandbox.child import reseed, warm
from gpu_runner.seeding import seed_for

if TYPE_CHECKING:
    import socket
    import types
    from collections.abc import Mapping, Sequence

MAX_PICTURES: Final = 4


class BundleImporter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a bundle's Python files from memory: `checks` and what it imports of its siblings."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target  # modules of a bundle are top-level
        if f"{fullname}.py" not in self.files:
            return None
        return importlib.util.spec_from_loader(fullname, self)

    def exec_module(self, module: types.ModuleType) -> None:
        filename = f"{module.__name__}.py"
        text = self.files[filename].decode()
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        exec(compile(text, filename, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the lab's trusted code


__all__ = ["serve", "warm"]


def serve(supervisor: socket.socket, _fds: list[int], _isolated: bool) -> None:
    """Run in the forked checker until every check asked for is decided."""
    channel.send(supervisor, {"op": "hello"})
    brief = channel.receive(supervisor).body
    reseed(seed_for(brief["seed"], "checker"))
    files = {path: base64.b64decode(data) for path, data in brief["files"].items()}
    sys.meta_path.insert(0, BundleImporter(files))
    try:
        importlib.import_module("checks")
        _match(brief["declared"])
    except Exception:  # noqa: BLE001 - a broken lab is reported to its author, whatever broke it
        channel.send(supervisor, {"op": "broken", "error": traceback.format_exc(limit=-4)})
        return
    port = Port(supervisor, files, brief["source"], Limits(**brief["limits"]))
    for identity in brief["checks"]:
        _decide(identity, Lab(port, seed_for(brief["seed"], "check", identity)), brief["filename"])
    channel.send(supervisor, {"op": "done"})


def _match(declared: list[str]) -> None:
    if set(declared) != set(registered):
        raise LookupError(f"lab.yaml declares {sorted(declared)} and checks.py has {sorted(registered)}")


def _decide(identity: str, lab: Lab, filename: str) -> None:
    supervisor = lab.port.supervisor
    channel.send(supervisor, {"op": "begin", "check": identity})
    verdict, message, details = _run(identity, lab)
    if verdict is not Verdict.PASSED:
        details = {**details, "inputs": lab.inputs()}
        details |= {"snippet": text} if (text := snippet(lab.last, lab.draws, filename, details)) else {}
    elif lab.known is not None:
        details = {**details, "mistakes_known": len(lab.known)}
    if lab.measured:
        details = {**details, "measured": lab.measured}
    if lab.pictures:
        details = {**details, "pictures": lab.pictures[:MAX_PICTURES]}
    report = {"op": "check", "check": identity, "verdict": verdict.value, "message": message, "details": details}
    channel.send(supervisor, report)


def _run(identity: str, lab: Lab) -> tuple[Verdict, str, dict[str, Any]]:
    try:
        registered[identity](lab)
    except Stopped as stopped:
        return stopped.verdict, stopped.message, stopped.details
    except ConnectionError:
        raise  # the supervisor is gone; nobody is left to tell
    except Exception:  # noqa: BLE001 - a mistake in checks.py is the author's and must be named as such
        text = (
            f"The check {identity!r} of this lab is broken. This is not your mistake.\n{traceback.format_exc(limit=-4)}"
        )
        return Verdict.INFRA_ERROR, text, {}
    return Verdict.PASSED, "", {}
