"""`verify --mutants` and `--write-proof`: what no check notices is found, and a proof speaks of these files alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from gpu_runner import lab, proof
from gpu_runner.killing import read_explained
from gpu_runner.labspec import LabError
from gpu_runner.new_lab import make_lab
from gpu_runner.protocol import CheckResult, Evidence, Report, Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.times import times_table

REFERENCE = '''"""Centring."""

from torch import Tensor


def centre(x: Tensor) -> Tensor:
    return x - x.mean(dim=-1, keepdim=True) * max(1.0, 0.5)
'''


@pytest.fixture
def folder(tmp_path: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sound lab whose reference has a needless part; the session's supervisor, and two draws for a proof."""

    @contextmanager
    def warm(**_: object) -> Iterator[Supervisor]:
        yield supervisor

    monkeypatch.setattr(lab, "Supervisor", warm)
    monkeypatch.setattr(proof, "ENTROPIES", 2)
    folder = make_lab("centring", tmp_path)
    (folder / "solution.py").write_text(REFERENCE)
    return folder


def explain(folder: Path, *entries: tuple[str, str]) -> None:
    line = "return x - x.mean(dim=-1, keepdim=True) * max(1.0, 0.5)"
    found = [
        {"where": "centre", "before": line, "after": line.replace(*change), "why": "the larger of the two is 1"}
        for change in entries
    ]
    (folder / "mutants.yaml").write_text(yaml.safe_dump(found, width=1000))


EQUIVALENT = [("max(1.0, 0.5)", "max(0.5, 1.0)"), ("0.5", "1.0"), ("* max", "/ max")]


@pytest.mark.sandbox
def test_a_mutant_that_no_check_notices_is_a_problem(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["verify", str(folder), "--times", "1", "--mutants"]) == lab.Exit.NOT_PASSED

    said = capsys.readouterr().out
    assert "SURVIVED\n- where: centre\n" in said
    assert "PROBLEM  a mutant survives: centre: " in said
    assert "3 survived" in said


@pytest.mark.sandbox
def test_a_proof_is_written_once_all_is_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain(folder, *EQUIVALENT)

    assert lab.main(["verify", str(folder), "--write-proof"]) == lab.Exit.PASSED
    found = proof.read_proof(folder)
    assert proof.stale(folder) == ""
    assert (found["reference"]["draws"], found["reference"]["passed"]) == (2, 2)
    assert found["known_bad"]["over_everything.py"]["named"] == ["over-everything"]
    assert found["mutants"]["made"] == found["mutants"]["killed"] + 3
    assert [entry["why"] for entry in found["mutants"]["explained"]] == ["the larger of the two is 1"] * 3
    assert json.dumps(found, sort_keys=True) == json.dumps(json.loads((folder / "proof.json").read_text()))
    assert "wrote" in capsys.readouterr().out


@pytest.mark.sandbox
def test_explaining_what_is_killed_is_a_problem_and_no_proof(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain(folder, *EQUIVALENT, ("1.0", "2.0"))

    assert lab.main(["verify", str(folder), "--write-proof"]) == lab.Exit.NOT_PASSED
    assert "explains a mutant that is killed" in capsys.readouterr().out
    assert not (folder / "proof.json").exists()


@pytest.mark.sandbox
def test_an_explanation_without_a_reason_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mutants.yaml").write_text("[{where: centre, before: a, after: b, why: ''}]\n")

    assert lab.main(["verify", str(folder), "--times", "1", "--mutants"]) == lab.Exit.NOT_PASSED
    assert "centring/mutants.yaml" in capsys.readouterr().out


def made_up(folder: Path) -> None:
    """A proof of these files that nobody ran."""
    proof.write_proof(folder, {"digest": proof.proof_digest(folder)})


@pytest.mark.parametrize("name", ["checks.py", "lab.yaml", "starter.py", "solution.py", "wrong/detached.py"])
def test_a_proof_is_stale_once_a_file_that_it_speaks_of_changed(name: str, tmp_path: Path) -> None:
    folder = make_lab("centring", tmp_path)
    made_up(folder)
    assert proof.stale(folder) == ""

    (folder / name).write_text((folder / name).read_text() + "\n# another line\n")
    assert "was written for other files than these" in proof.stale(folder)


def test_words_for_people_and_the_proof_itself_do_not_make_it_stale(tmp_path: Path) -> None:
    folder = make_lab("centring", tmp_path)
    made_up(folder)
    (folder / "README.md").write_text("Other words.\n")

    assert proof.stale(folder) == ""


@pytest.mark.parametrize("text", [None, "{", "[]"], ids=["missing", "broken", "no object"])
def test_a_proof_that_cannot_be_read_is_stale_and_the_remedy_is_named(text: str | None, tmp_path: Path) -> None:
    folder = make_lab("centring", tmp_path)
    if text is not None:
        (folder / "proof.json").write_text(text)

    assert "run: residual lab verify centring --write-proof" in proof.stale(folder)
    assert "no proof" in times_table([folder])


def report(accuracy: float) -> Report:
    measured = {"what": "Accuracy", "got": accuracy, "at_least": 0.9}
    found = CheckResult(
        id="fit",
        title="It learns",
        evidence=Evidence.SCORED,
        verdict=Verdict.PASSED,
        details={"measured": [measured]},
    )
    return Report(verdict=Verdict.PASSED, checks=[found])


def test_a_threshold_is_kept_with_the_margin_of_the_worst_draw() -> None:
    part = proof.reference_part([report(0.97), report(0.95), report(0.99)])

    assert part["passed"] == 3
    assert part["measured"] == {"fit: Accuracy": {"at_least": 0.9, "lowest": 0.95, "highest": 0.99, "margin": 0.05}}


def test_a_training_lab_is_drawn_less_often() -> None:
    assert (proof.draws("check"), proof.draws("train")) == (20, 10)


def test_a_broken_mutants_file_names_itself(tmp_path: Path) -> None:
    folder = make_lab("centring", tmp_path)
    (folder / "mutants.yaml").write_text("- where: 1\n")
    with pytest.raises(LabError, match=r"centring/mutants\.yaml"):
        read_explained(folder)
