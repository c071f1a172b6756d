"""What a lab's proof says is about the files that are there, and says that the lab is sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_runner.proof import draws, read_proof, stale
from gpu_runner.verify import STRONG, known_bad
from tests.labs.catalog.choosing import LABS
from tests.labs.catalog.proving import name_of, spec_of

CPU_S = {"check": 2.0, "train": 15.0, "gpu": 15.0}


@pytest.mark.parametrize("lab", LABS, ids=name_of)
def test_a_proof_is_there_and_not_of_other_files(lab: Path) -> None:
    assert stale(lab) == ""


@pytest.mark.parametrize("lab", LABS, ids=name_of)
def test_the_proof_is_whole(lab: Path) -> None:
    proof, spec = read_proof(lab), spec_of(lab)
    reference, mutants = proof["reference"], proof["mutants"]

    assert reference["passed"] == reference["draws"] >= draws(spec.lane)
    assert {*proof["known_bad"], *proof["baselines"]} == {path.name for path in known_bad(lab)}
    assert mutants["survived"] == 0
    assert mutants["made"] == mutants["killed"] + len(mutants["explained"])
    assert not {check.id for check in spec.checks if check.evidence in STRONG} & set(proof["starter"]["passes"])


@pytest.mark.parametrize("lab", LABS, ids=name_of)
def test_the_reference_takes_no_longer_than_a_learner_would_wait(lab: Path) -> None:
    assert read_proof(lab)["reference"]["cpu_s"] <= CPU_S[spec_of(lab).lane]
