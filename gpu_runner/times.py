"""The table of what labs take, from their proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gpu_runner.proof import read_proof, stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

HEAD: Final = ("lab", "cpu s", "wall s", "MiB", "draws", "known-bad", "baselines", "mutants", "explained")


def times_table(folders: Iterable[Path]) -> str:
    """One line a lab: median CPU and wall time of its reference, and how much was run to prove it."""
    rows = [HEAD, *(_row(folder) for folder in folders)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _row(folder: Path) -> tuple[str, ...]:
    if stale(folder):
        return folder.name, *["-"] * (len(HEAD) - 2), "no proof"
    proof: dict[str, Any] = read_proof(folder)
    reference, mutants = proof["reference"], proof["mutants"]
    return (
        folder.name,
        f"{reference['cpu_s']:.2f}",
        f"{reference['wall_s']:.2f}",
        str(reference["peak_mb"]),
        str(reference["draws"]),
        str(len(proof["known_bad"])),
        str(len(proof["baselines"])),
        str(mutants["made"]),
        str(len(mutants["explained"])),
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """The name to the left, numbers to the right."""
    numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join([row[0].ljust(widths[0]), *numbers])
