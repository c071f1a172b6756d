"""Which function answers for which check."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpu_runner.checking.context import Lab

    CheckFunction = Callable[[Lab], None]

registered: dict[str, CheckFunction] = {}


def check(identity: str) -> Callable[[CheckFunction], CheckFunction]:
    """Declare the function that decides the check of this id in `lab.yaml`."""

    def register(function: CheckFunction) -> CheckFunction:
        if identity in registered:
            raise ValueError(f"two functions claim the check {identity!r}")
        registered[identity] = function
        return function

    return register
