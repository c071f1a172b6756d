"""Parts of earlier labs for a run on this machine: a learner's files, or the references of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_runner.labspec import LabError, LabSpec, read_files, read_lab
from gpu_runner.protocol import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def references(lab: LabSpec, catalogue: Path) -> list[Part]:
    """What the catalogue's own solutions are given. Raises LabError if a lab is not there."""
    return [
        _part(earlier, "reference", read_files(folder)["solution.py"].decode())
        for folder, earlier in _earlier(lab, catalogue)
    ]


def own(lab: LabSpec, catalogue: Path, given: Path | None) -> list[Part]:
    """What a learner has: `given` is a file, or a folder with files named as the labs name them. Raises LabError."""
    return [_own(earlier, given) for _folder, earlier in _earlier(lab, catalogue)]


def _own(earlier: LabSpec, given: Path | None) -> Part:
    file = given / earlier.filename if given and given.is_dir() else given
    if file is not None and file.name == earlier.filename and file.is_file():
        return _part(earlier, "own", file.read_text())
    missing = f"there is no {earlier.filename} of the lab {earlier.slug}; name it: --mine FILE (or a folder with it)"
    return _part(earlier, "own", "", missing)


def _part(earlier: LabSpec, origin: str, source: str, missing: str = "") -> Part:
    fields = {"lab": earlier.slug, "filename": earlier.filename, "exports": earlier.exports, "origin": origin}
    return Part.model_validate({**fields, "source": source, "missing": missing})


def _earlier(lab: LabSpec, catalogue: Path) -> Iterator[tuple[Path, LabSpec]]:
    """The labs that a lab may import from, and those that they may."""
    if not lab.mine:
        return
    found = {spec.id: (folder, spec) for folder, spec in _catalogue(catalogue)}
    seen: set[str] = set()
    ahead: Sequence[str] = lab.mine
    while ahead:
        identity, *ahead = ahead
        if identity in seen:
            continue
        seen.add(identity)
        if identity not in found:
            raise LabError(f"{lab.slug} may import from {identity}, which is no lab in {catalogue}")
        yield found[identity]
        ahead += found[identity][1].mine


def _catalogue(catalogue: Path) -> Iterator[tuple[Path, LabSpec]]:
    for path in sorted(catalogue.glob("[!._]*/lab.yaml")):
        yield path.parent, read_lab({"lab.yaml": path.read_bytes()})
