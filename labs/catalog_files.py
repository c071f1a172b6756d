"""Reads labs/catalog and collects everything that is wrong with it, file and field named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from curriculum.files import field_path, parse_yaml
from curriculum.loading import ContentError
from labs.dispatch import judging_files
from labs.schema import LabEntry
from labs.source import SourceProblemError, read_source

CATALOG: Final = Path(__file__).parent / "catalog"
REQUIRED: Final = ("lab.yaml", "README.md", "starter.py", "checks.py", "solution.py")
_HINTS: Final = re.compile(r"^## Hints\s*$", re.MULTILINE)
_HINT: Final = re.compile(r"^### .*$", re.MULTILINE)
_SECTION: Final = re.compile(r"^## ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LabFiles:
    """One lab's folder, parsed: `brief` and `hints` are Markdown, `judging` the files that its digest covers."""

    folder: str
    entry: LabEntry
    brief: str
    hints: tuple[str, ...]
    starter: str
    solution: str
    judging: dict[str, bytes]


@dataclass(slots=True)
class Catalog:
    labs: list[LabFiles] = field(default_factory=list)
    errors: list[ContentError] = field(default_factory=list)


def read_catalog(root: Path = CATALOG) -> Catalog:
    """Every lab under `root`; what is broken is in `errors` and left out. Folders with a leading _ or . are skipped."""
    catalog = Catalog()
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] not in "._"):
        lab = _read(folder, catalog.errors)
        if lab is not None:
            catalog.labs.append(lab)
    catalog.errors += _used_twice(catalog.labs)
    catalog.errors += _not_to_be_had(catalog.labs)
    return catalog


def split_readme(text: str) -> tuple[str, tuple[str, ...]]:
    """Brief and hints: the hints are the `###` parts of the section `## Hints`, which is cut out of the brief."""
    found = _HINTS.search(text)
    if found is None:
        return text.strip(), ()
    after = _SECTION.search(text, found.end())
    end = after.start() if after else len(text)
    hints = [part.strip() for part in _HINT.split(text[found.end() : end])[1:]]
    return (text[: found.start()] + text[end:]).strip(), tuple(hint for hint in hints if hint)


def _read(folder: Path, errors: list[ContentError]) -> LabFiles | None:
    before = len(errors)
    errors += (
        ContentError(f"{folder.name}/{name}", "", "is missing") for name in REQUIRED if not (folder / name).is_file()
    )
    if len(errors) > before:
        return None
    texts = {name: _text(folder, name, errors) for name in ("lab.yaml", "README.md", "starter.py", "solution.py")}
    entry = _entry(folder, texts["lab.yaml"], errors)
    judging = _judging(folder, errors)
    if entry is None or len(errors) > before:
        return None
    errors += _lab_errors(folder, entry, texts)
    brief, hints = split_readme(texts["README.md"])
    return LabFiles(folder.name, entry, brief, hints, texts["starter.py"], texts["solution.py"], judging)


def _text(folder: Path, name: str, errors: list[ContentError]) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        errors.append(ContentError(f"{folder.name}/{name}", "", f"is not UTF-8: {error}"))
        return ""


def _entry(folder: Path, text: str, errors: list[ContentError]) -> LabEntry | None:
    file = f"{folder.name}/lab.yaml"
    try:
        return LabEntry.model_validate(parse_yaml(text))
    except yaml.YAMLError as error:
        errors.append(ContentError(file, "", " ".join(str(error).split())))
    except ValidationError as error:
        errors += (ContentError(file, field_path(found["loc"]), found["msg"]) for found in error.errors())
    return None


def _judging(folder: Path, errors: list[ContentError]) -> dict[str, bytes]:
    try:
        return judging_files(folder)
    except ValueError as error:
        errors.append(ContentError(folder.name, "", str(error)))
        return {}


def _lab_errors(folder: Path, entry: LabEntry, texts: dict[str, str]) -> Iterator[ContentError]:
    """What a single file's schema can't see."""
    if entry.slug != folder.name:
        yield ContentError(f"{folder.name}/lab.yaml", "slug", f"is {entry.slug}, but the folder is {folder.name}")
    for name in ("starter.py", "solution.py"):
        try:
            read_source(texts[name], filename=name, entry_points=[*entry.entry_points, *entry.exports])
        except SourceProblemError as problem:
            yield ContentError(f"{folder.name}/{name}", "", problem.message)


def _used_twice(labs: Sequence[LabFiles]) -> Iterator[ContentError]:
    seen: dict[str, str] = {}
    for lab in labs:
        first = seen.setdefault(lab.entry.id, lab.folder)
        if first != lab.folder:
            yield ContentError(f"{lab.folder}/lab.yaml", "id", f"{lab.entry.id} is also the id of {first}")


def _not_to_be_had(labs: Sequence[LabFiles]) -> Iterator[ContentError]:
    """What a lab would import from a lab that is not there, exports nothing or has a file of the same name."""
    by_id = {lab.entry.id: lab for lab in labs}
    for lab in labs:
        file, taken = f"{lab.folder}/lab.yaml", {lab.entry.filename}
        for earlier in (by_id.get(pk, pk) for pk in lab.entry.mine):
            if isinstance(earlier, str) or not earlier.entry.exports:
                name = earlier if isinstance(earlier, str) else earlier.folder
                yield ContentError(file, "mine", f"{name} is no lab with exports")
            elif earlier.entry.filename in taken:
                yield ContentError(file, "mine", f"two files are named {earlier.entry.filename}")
            else:
                taken.add(earlier.entry.filename)
