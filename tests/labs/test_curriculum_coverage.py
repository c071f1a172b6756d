"""docs/curriculum-coverage.md names every practical line of the sources, and says what is there and what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from curriculum.files import read_library
from labs import coverage
from labs.catalog_files import read_catalog
from tests.labs.catalogue import write_lab


def test_the_page_is_up_to_date() -> None:
    call_command("curriculum_coverage", "--check")


def test_every_practical_line_is_there_with_a_lab_written_or_planned() -> None:
    library, text = read_library(), coverage.PAGE.read_text()
    lines = [*coverage.lines_of_weeks(library), *coverage.lines_of_phases(library)]

    assert {line.kind for line in lines} == {"coding", "project", "goal", "milestone", "hands-on"}
    assert {line.place for line in lines} >= {f"Week {number}" for number in range(1, 13)}
    for line in lines:
        assert line.labs, f"{line.place}: {line.text} leads to no lab"
        assert f"**{line.place}, {line.kind}.** {' '.join(line.text.split())}" in text


def test_a_lab_that_is_not_written_is_shown_as_planned() -> None:
    library, text = read_library(), coverage.PAGE.read_text()
    written = {lab.entry.id for lab in read_catalog().labs}
    assert library.roadmap is not None
    named = {pk for line in coverage.lines_of_weeks(library) for pk in line.labs}

    for lab in library.roadmap.labs:
        if lab.id in named:
            assert (f"*planned:* {lab.title}" in text) == (lab.id not in written), lab.id


def test_a_row_shows_checks_by_evidence_known_bad_solutions_and_the_references_time(tmp_path: Path) -> None:
    folder = write_lab(tmp_path, "sdpa", id="lab-sdpa", title="Attention")
    (folder / "wrong").mkdir()
    for name in ("one", "two"):
        (folder / "wrong" / f"{name}.py").write_text("# fails: values\n")
    row = "| [Attention](../labs/catalog/sdpa) | *computed*: values; *policy*: policy | 2 | "

    assert row + "no proof |" in coverage.page(tmp_path)
    (folder / "proof.json").write_text(json.dumps({"reference": {"cpu_s": 0.125}}))
    assert row + "0.12 s |" in coverage.page(tmp_path)


def test_the_command_says_when_the_page_is_out_of_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "PAGE", tmp_path / "page.md")
    with pytest.raises(CommandError, match="is out of date"):
        call_command("curriculum_coverage", "--check")
    call_command("curriculum_coverage")
    call_command("curriculum_coverage", "--check")


def test_a_line_that_names_its_labs_has_these_and_no_others() -> None:
    library = read_library()
    assert library.roadmap is not None
    weeks = [week for month in library.roadmap.months for week in month.weeks]
    shown = {line.text: line.labs for line in coverage.lines_of_weeks(library)}
    named = [line for week in weeks for line in week.lines if line.labs]
    assert named
    assert all(shown[line.text] == line.labs for line in named if line.text in shown)
