"""The hunt for mutants, with a judge that only looks: what it is handed, and which explanations are called needless."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from gpu_runner import killing
from gpu_runner.killing import Hunt, hunt
from gpu_runner.mutants import mutants_of
from gpu_runner.protocol import CheckResult, Part, Report, Verdict
from gpu_runner.supervisor.trial import Submission
from tests.gpu_runner.conftest import CHECKS, LAB

REFERENCE = "from mine import twice\n\n\ndef double(x):\n    return twice(x) * 3 // 3\n"
PARTS = (Part(lab="doubling", filename="doubling.py", source="def twice(x):\n    return 2 * x\n", exports=["twice"]),)


def hunted(folder: Path, seen: list[Submission] | None = None, lab: bytes = LAB) -> Hunt:
    """The hunt where a judge lets everything pass and notes what it was handed."""

    def judge(
        submission: Submission, _on_check: Callable[[CheckResult], None], _cancelled: Callable[[], bool]
    ) -> Report:
        if seen is not None:
            seen.append(submission)
        return Report(verdict=Verdict.PASSED)

    files = {"lab.yaml": lab, "checks.py": CHECKS, "solution.py": REFERENCE.encode()}
    return hunt(folder, files, judge, lambda _: None, PARTS)


def test_every_mutant_may_import_the_parts_that_the_reference_imports(tmp_path: Path) -> None:
    seen: list[Submission] = []

    found = hunted(tmp_path, seen)

    assert len(seen) == found.made * killing.TRIES
    assert all(submission.mine == PARTS for submission in seen)


def test_an_explanation_of_a_mutant_outside_the_sample_is_not_needless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lab that trains has a sample of its mutants tried; which, its author need not work out."""
    monkeypatch.setattr(killing, "MOST_TRAINED", 2)
    why = "nobody can tell these two apart"
    known = [{"where": m.where, "before": m.before, "after": m.after, "why": why} for m in mutants_of(REFERENCE)]
    gone = {"where": "double", "before": "x", "after": "y", "why": "it was there once, and is no more"}
    (tmp_path / "mutants.yaml").write_text(yaml.safe_dump([*known, gone], width=1000))

    found = hunted(tmp_path, lab=LAB.replace(b"slug: double", b"slug: double\nlane: train"))

    assert len(known) > found.made == len(found.explained) == 2
    assert [entry.name for entry in found.needless] == [("double", "x", "y")]
