"""How the checks count what your code does. Everything else calls your functions directly."""

import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from torch.overrides import TorchFunctionMode


class Calls(TorchFunctionMode):
    """Counts calls of torch, those made by map() too."""

    count = 0

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        self.count += 1
        return func(*args, **(kwargs or {}))


def steps(learner: ModuleType, name: str, args: list[Any]) -> int:
    """Python instructions of your file and calls of torch in one call of `name`: with a loop they grow with sizes."""
    file, count = getattr(learner, name).__code__.co_filename, 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if frame.f_code.co_filename != file:
            return None
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    with Calls() as calls:
        sys.settrace(trace)
        try:
            getattr(learner, name)(*args)
        finally:
            sys.settrace(None)
    return count + calls.count
