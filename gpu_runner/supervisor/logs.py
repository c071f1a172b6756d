"""A learner's output, made safe to store and to show."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, TypeVar

MAX_LOG: Final = 256 * 1024

T = TypeVar("T")


def clean(value: T) -> T:
    """Text without NUL and lone surrogates (which databases refuse), through lists and dicts; floats kept finite."""
    return _clean(value)  # type: ignore[return-value]  # the shape is kept


def _clean(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {str(_clean(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    return value


@dataclass(slots=True)
class Log:
    """What the calls printed, under the name of their check; the same text printed by several calls is kept once."""

    parts: list[tuple[str, str]] = field(default_factory=list)
    size: int = 0

    def add(self, check: str, data: bytes) -> None:
        text = clean(data.decode("utf-8", "replace"))
        if text and self.size < MAX_LOG and all(text != seen for _, seen in self.parts):
            self.parts.append((check, text))
            self.size += len(text)

    def text(self) -> str:
        return "".join(f"[{check}]\n{text.rstrip()}\n" for check, text in self.parts)
