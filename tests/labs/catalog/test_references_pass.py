"""Every lab's reference passes, and so does any other right way to write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.labs.catalog.choosing import CATALOG, LABS
from tests.labs.catalog.proving import CHOSEN, HONEST, failures, name_of, quick, report_of, spec_of

pytestmark = pytest.mark.sandbox
STYLES = sorted(file for file in HONEST.glob("*/*.py") if file.parent.name in CHOSEN.labs)


@pytest.mark.parametrize("lab", quick(), ids=name_of)
def test_the_reference_passes(lab: Path) -> None:
    assert failures(report_of(lab, lab / "solution.py")) == []


@pytest.mark.parametrize("lab", quick(), ids=name_of)
def test_every_check_that_compares_values_knows_two_mistakes_or_more(lab: Path) -> None:
    """So that who fails it is likely to hear what was written instead."""
    known = {check.id: check.details.get("mistakes_known") for check in report_of(lab, lab / "solution.py").checks}
    assert {check: count for check, count in known.items() if count is not None and count < 2} == {}


@pytest.mark.parametrize("file", STYLES, ids=name_of)
def test_a_right_solution_passes_whatever_its_style(file: Path) -> None:
    assert failures(report_of(CATALOG / file.parent.name, file)) == []


def test_every_folder_of_honest_styles_belongs_to_a_lab() -> None:
    assert {folder.name for folder in HONEST.iterdir()} <= {lab.name for lab in LABS}


def test_the_labs_left_out_here_are_training_labs() -> None:
    assert all(spec_of(lab).lane != "check" for lab in set(LABS) - set(quick()))
