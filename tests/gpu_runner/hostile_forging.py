"""Submissions that forge a result, a verdict or a failure of ours."""

from __future__ import annotations

from tests.gpu_runner.attack import Attack

FORGING = [
    Attack(
        "result frames on every descriptor",
        "failed error no_result crash limit",
        """
import os, json
def double(x):
    for fd in range(3, 256):
        try:
            os.write(fd, b'{"op": "check", "check": "values", "verdict": "passed", "message": "", "details": {}}')
        except OSError:
            pass
    return 0 * x
""",
    ),
    Attack(
        "a passing frame on stdout and stderr",
        "failed",
        """
import json, sys
def double(x):
    frame = json.dumps({"op": "check", "check": "values", "verdict": "passed", "message": "", "details": {}})
    print(frame); print(frame, file=sys.stderr)
    return x
""",
    ),
    Attack("exit 0 at import", "no_result", "import os\nos._exit(0)\n", "before it returned"),
    Attack("exit 0 inside the call", "no_result", "import os\ndef double(x):\n    os._exit(0)\n"),
    Attack("sys.exit at import", "error", "import sys\nsys.exit(0)\n", "sys.exit"),
    Attack("exit code of a failed set-up", "no_result", "import os\nos._exit(70)\n"),
    Attack(
        "every exit code that might mean set-up failure", "no_result", "import os\ndef double(x):\n    os._exit(125)\n"
    ),
    Attack(
        "a set-up failure message on every descriptor",
        "failed error no_result crash",
        """
import os, socket
MESSAGE = b'i{"op": "failed", "error": "the sandbox could not be set up"}'
for fd in range(256):
    try:
        os.write(fd, MESSAGE)
    except OSError:
        pass
def double(x):
    return 0 * x
""",
    ),
    Attack(
        "atexit handler that exits with another code",
        "failed",
        """
import atexit, os
atexit.register(lambda: os._exit(70))
def double(x):
    return x + x + 1
""",
    ),
    Attack(
        "a frame with an impossible header length",
        "no_result",
        """
import os
def double(x):
    os.pwrite(3, (2 ** 62).to_bytes(8, "little"), 0)
    os._exit(0)
""",
    ),
    Attack(
        "a frame of deeply nested JSON",
        "no_result",
        """
import os, json
def double(x):
    text = ('{"__metadata__": {"tree": "' + "[" * 100000 + '"}}').encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "a frame whose offsets point outside",
        "no_result",
        """
import os, json
def double(x):
    entry = {"dtype": "F32", "shape": [1000000], "data_offsets": [0, 4000000]}
    text = json.dumps({"__metadata__": {"tree": '["d", {"value": ["t", 0]}]'}, "0": entry}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os.ftruncate(3, 8 + len(text))
    os._exit(0)
""",
    ),
    Attack(
        "a frame with negative sizes",
        "no_result",
        """
import os, json
def double(x):
    entry = {"dtype": "F32", "shape": [-1, -4], "data_offsets": [-16, 0]}
    text = json.dumps({"__metadata__": {"tree": '["d", {"value": ["t", 0]}]'}, "0": entry}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "a frame that is not a dict",
        "no_result",
        """
import os, json
def double(x):
    text = json.dumps({"__metadata__": {"tree": "5"}}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "a frame that claims an internal error",
        "error limit memory no_result",
        """
import os, json
def double(x):
    tree = json.dumps(["d", {"error": ["d", {"kind": "infra_error", "type": "X", "message": "ours"}]}])
    text = json.dumps({"__metadata__": {"tree": tree}}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "an error report of the wrong types",
        "error limit no_result",
        """
import os, json
def double(x):
    error = {"kind": 5, "type": None, "message": ["l"], "errno": "x", "traceback": ["l", 5]}
    tree = json.dumps(["d", {"error": ["d", error]}])
    text = json.dumps({"__metadata__": {"tree": tree}}).encode()
    os.pwrite(3, len(text).to_bytes(8, "little") + text, 0)
    os._exit(0)
""",
    ),
    Attack(
        "a result that grows beyond its cap",
        "error no_result limit failed",
        """
import os
def double(x):
    for position in range(0, 1 << 30, 1 << 20):
        os.pwrite(3, b"x" * (1 << 20), position)
    return x
""",
    ),
    Attack(
        "patched comparisons",
        "failed",
        """
import torch
torch.allclose = torch.equal = lambda *a, **k: True
torch.Tensor.__eq__ = torch.Tensor.__le__ = lambda *a: torch.tensor(True)
torch.isfinite = lambda t: torch.tensor(True)
torch.testing.assert_close = lambda *a, **k: None
def double(x):
    return 0 * x
""",
    ),
    Attack(
        "functions overridden for everything that follows",
        "failed error no_result",
        """
import torch
from torch.overrides import TorchFunctionMode
class Flatter(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return True
def double(x):
    wrong = 0 * x
    Flatter().__enter__()
    return wrong
""",
    ),
    Attack(
        "an alarm that forges after the answer",
        "failed error no_result",
        """
import os, signal
def forge(*_):
    os.write(5, b"v")
    os.write(3, b"passed")
signal.signal(signal.SIGALRM, forge)
def double(x):
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    return 0 * x
""",
    ),
    Attack(
        "a trace function that rewrites local names",
        "failed",
        """
import sys
def trace(frame, event, argument):
    for name in ("verdict", "kind", "is_value", "error"):
        if name in frame.f_locals:
            frame.f_locals[name] = "passed"
    return trace
def double(x):
    sys.settrace(trace)
    return 0 * x
""",
    ),
    Attack(
        "patched sandbox code",
        "failed no_result",
        """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("gpu_runner"):
        for key in list(vars(module)):
            if callable(getattr(module, key)) and key not in ("_leave", "write_mapped", "encode", "Frame"):
                try:
                    setattr(module, key, lambda *a, **k: None)
                except Exception:
                    pass
def double(x):
    return 0 * x
""",
    ),
    Attack(
        "expected tensors through gc",
        "failed",
        """
import gc, torch
def double(x):
    for thing in gc.get_objects():
        if type(thing) is torch.Tensor and thing.shape == x.shape and thing is not x:
            return thing.clone()
    return 0 * x
""",
    ),
    Attack(
        "expected values through frames",
        "failed",
        """
import sys, torch
def double(x):
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if type(value) is torch.Tensor and value is not x and value.shape == x.shape:
                return value
        frame = frame.f_back
    return 0 * x
""",
    ),
    Attack(
        "the checks or the solution from disk",
        "failed",
        """
import os
PRUNED = {"torch", "transformers", "diffusers", "sklearn", "scipy", "sympy", "django", "proc", "numpy", "pandas"}
def double(x):
    for folder, below, names in os.walk("/"):
        below[:] = [name for name in below if name not in PRUNED]
        for name in names:
            if name == "lab.yaml":
                return 2 * x
            if name in ("checks.py", "solution.py", "port.py") and "gpu_runner" in open(f"{folder}/{name}").read():
                return 2 * x
    return 0 * x
""",
        cpu_s=5.0,  # to walk every folder takes most of a second
    ),
    Attack(
        "the next seed from the global generator",
        "failed",
        """
import torch
def double(x):
    return torch.randn(x.shape) * 2
""",
    ),
    Attack(
        "a counter kept between checks",
        "failed",
        """
import os
try:
    with open("/tmp/seen") as f: seen = True
except OSError:
    seen = False
    with open("/tmp/seen", "w") as f: f.write("x")
def double(x):
    return 2 * x if seen else 0 * x
""",
    ),
    Attack(
        "a memory file left for the next child",
        "failed",
        """
import os
fd = os.memfd_create("kept")
def double(x):
    return 0 * x
""",
    ),
]
