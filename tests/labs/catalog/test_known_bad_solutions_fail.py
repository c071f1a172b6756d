"""Every known-bad solution and every trivial baseline fails just the checks that it names, and is told why."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_runner.claims import broken_claim, read_claim
from gpu_runner.verify import known_bad
from tests.labs.catalog.choosing import LABS
from tests.labs.catalog.proving import IN_FULL, name_of, report_of, spec_of

WRONG = [file for lab in IN_FULL for file in known_bad(lab)]


@pytest.mark.sandbox
@pytest.mark.parametrize("file", WRONG, ids=name_of)
def test_a_known_bad_solution_fails_just_where_it_says_and_is_told_why(file: Path) -> None:
    assert broken_claim(file.name, file.read_text(), report_of(file.parents[1], file)) == []


@pytest.mark.parametrize("lab", LABS, ids=name_of)
def test_a_lab_has_known_bad_solutions_and_a_trivial_baseline(lab: Path) -> None:
    claims = [read_claim(file.read_text()) for file in known_bad(lab)]
    baselines = [claim for claim in claims if claim and claim.baseline]

    assert None not in claims
    assert len(claims) - len(baselines) >= 3
    assert baselines


@pytest.mark.parametrize("lab", LABS, ids=name_of)
def test_every_known_bad_solution_claims_what_its_report_says(lab: Path) -> None:
    """A mistake that no message names is a mistake that its author has to guess."""
    for file in known_bad(lab):
        claim = read_claim(file.read_text())
        assert claim is not None
        assert claim.mistake or claim.says or claim.baseline, f"{file.name}: add `# mistake:` or `# says:`"


@pytest.mark.parametrize("lab", LABS, ids=name_of)
def test_a_trivial_baseline_fails_on_more_than_rules_about_its_text(lab: Path) -> None:
    strong = {check.id for check in spec_of(lab).checks if check.evidence in ("computed", "scored", "metered")}
    for file in known_bad(lab):
        claim = read_claim(file.read_text())
        assert claim is not None
        assert not claim.baseline or claim.fails & strong, file.name
