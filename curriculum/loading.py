"""What every room that syncs content shares: errors that name file and field, and the report of a sync.

Each such room has a `sync` module with `check() -> list[ContentError]` and `sync(now) -> SyncReport`; `sync` raises
`BrokenContentError` with every error, and has then written nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ContentError:
    """One thing wrong with one file. `field` is a path such as `weeks[3].topic`, or empty for the whole file."""

    file: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.message}" if self.field else f"{self.file}: {self.message}"


class BrokenContentError(ValueError):
    """Content that can't be synced. Holds every error found, not only the first."""

    def __init__(self, errors: Sequence[ContentError]) -> None:
        self.errors = sorted(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How many items a sync wrote, by what happened to them."""

    created: int = 0
    updated: int = 0
    retired: int = 0
    unchanged: int = 0

    def __add__(self, other: SyncReport) -> SyncReport:
        return SyncReport(
            self.created + other.created,
            self.updated + other.updated,
            self.retired + other.retired,
            self.unchanged + other.unchanged,
        )

    def __str__(self) -> str:
        return f"{self.created} created, {self.updated} updated, {self.retired} retired, {self.unchanged} unchanged"
