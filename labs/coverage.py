"""The coverage table: every practical line of the two source documents, and the labs that make it something to do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from curriculum.files import Library, read_library
from curriculum.loading import BrokenContentError
from labs.catalog_files import CATALOG, LabFiles, read_catalog
from labs.schema import CheckEntry

PAGE: Final = CATALOG.parents[1] / "docs" / "curriculum-coverage.md"
PRACTICAL: Final = ("coding", "project", "goal", "milestone")
HEAD: Final = """# What the curriculum asks to be done, and the labs for it

Made by `python manage.py curriculum_coverage` from `curriculum/content`, `labs/catalog` and the labs' `proof.json`; a
test holds it to them. Every practical line of the two source documents has its rows: the coding, project, goal and
milestone lines of the twelve weeks, and the hands-on lines of the seven phases. *Planned* is a lab that the content
names and nobody has written yet.

The kinds of evidence are those of [checking.md](checking.md). Known-bad solutions include trivial baselines. Seconds
are CPU time of the model solution, the median of the draws in its proof, on one thread.

"""


@dataclass(frozen=True)
class Line:
    """A practical line: where it stands, its kind and text, and the ids of its labs."""

    place: str
    kind: str
    text: str
    labs: tuple[str, ...]


def page(root: Path = CATALOG) -> str:
    """The whole document. Raises BrokenContentError for a catalogue or content that is broken."""
    catalog, library = read_catalog(root), read_library()
    if errors := catalog.errors + library.errors:
        raise BrokenContentError(errors)
    assert library.roadmap is not None  # noqa: S101 - it would be among the errors
    written = {lab.entry.id: lab for lab in catalog.labs}
    titles = {name.id: name.title for name in library.roadmap.labs}
    weeks, phases = list(lines_of_weeks(library)), list(lines_of_phases(library))
    parts = [
        HEAD + _summary([*weeks, *phases], written),
        "## The twelve weeks\n\n" + _table(weeks, written, titles, root),
        "## The seven phases\n\n" + _table(phases, written, titles, root),
    ]
    return "\n".join(parts)


def lines_of_weeks(library: Library) -> Iterator[Line]:
    """The practical lines of every week, each with the labs it names, or else all of the week, stretch labs last."""
    assert library.roadmap is not None  # noqa: S101 - page() has looked
    for week in (week for month in library.roadmap.months for week in month.weeks):
        found = sorted((part for part in week.activities if part.kind == "lab" and part.ref), key=lambda p: p.stretch)
        labs = tuple(part.ref for part in found if part.ref)
        for line in week.lines:
            if line.kind in PRACTICAL:
                yield Line(f"Week {week.number}", line.kind, line.text, line.labs or labs)


def lines_of_phases(library: Library) -> Iterator[Line]:
    """The hands-on lines of every phase."""
    for phase in sorted(library.phases.values(), key=lambda phase: phase.number):
        for item in (item for section in phase.sections for item in section.items):
            if item.kind == "hands_on":
                yield Line(f"Phase {phase.number}", "hands-on", item.text, item.labs)


def _summary(lines: Sequence[Line], written: dict[str, LabFiles]) -> str:
    touched = sum(any(pk in written for pk in line.labs) for line in lines)
    whole = sum(all(pk in written for pk in line.labs) for line in lines)
    none = len(lines) - touched
    return f"**{len(lines)} lines: {touched} have a lab, {whole} have all of theirs, {none} have none yet.**\n"


def _table(lines: Iterable[Line], written: dict[str, LabFiles], titles: dict[str, str], root: Path) -> str:
    rows = ["| line | lab | checks | known-bad | reference |", "|---|---|---|---|---|"]
    for line in lines:
        first = f"**{line.place}, {line.kind}.** {line.text}"
        for pk in line.labs:
            lab = written.get(pk)
            cells = _cells(lab, root) if lab else (f"*planned:* {titles.get(pk, pk)}", "", "", "")
            rows.append("| " + " | ".join(_cell(text) for text in (first, *cells)) + " |")
            first = ""
    return "\n".join(rows) + "\n"


def _cells(lab: LabFiles, root: Path) -> tuple[str, str, str, str]:
    wrong = len(list((root / lab.folder / "wrong").glob("*.py")))
    link = f"[{lab.entry.title}](../labs/catalog/{lab.folder})"
    return link, _by_kind(lab.entry.checks), str(wrong), _seconds(root / lab.folder / "proof.json")


def _by_kind(checks: Iterable[CheckEntry]) -> str:
    kinds: dict[str, list[str]] = {}
    for check in checks:
        kinds.setdefault(check.evidence, []).append(check.id)
    return "; ".join(f"*{kind}*: {', '.join(ids)}" for kind, ids in kinds.items())


def _seconds(proof: Path) -> str:
    try:
        found: dict[str, Any] = json.loads(proof.read_text())
    except FileNotFoundError:
        return "no proof"
    return f"{found['reference']['cpu_s']:.2f} s"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
