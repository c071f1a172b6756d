"""What only the lab `clip-router` needs: its examples by hand, its frozen material, and what scikit-learn says."""

from __future__ import annotations

import hashlib
import json
import sys
from itertools import combinations
from pathlib import Path

import pytest
import torch

from tests.labs.catalog.choosing import CATALOG, ROOT
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "clip-router"
DIGESTS = {
    "clip_text.safetensors": "ec84b75dfd5bdce7c683519c837152b3a5c851b9c9af3917f6675e16642cad92",
    "prompts.json": "82faa330098f230a25192dc6c37307577d7775df1f38eff00abc4b9126b41c14",
    "tokenizer.json": "f528c3eb6e0d31bd9644eb9e108ac6851aaff0d6a36b9c04ee6fa292518ddbc5",
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]


def test_the_examples_worked_by_hand_in_the_readme_are_right() -> None:
    router = module_from(LAB / "solution.py")
    confidence = torch.tensor([0.9, 0.8, 0.7, 0.6, 0.5])
    p, truth = torch.stack([confidence, 1 - confidence], 1), torch.tensor([0, 1, 0, 0, 1])

    assert router.macro_f1(torch.tensor([0, 0, 0, 1]), torch.tensor([0, -1, 1, 1]), 2) == pytest.approx(0.583, abs=6e-4)
    assert router.choose_threshold(p, truth, 0.75) == pytest.approx(0.6)
    assert router.folds(torch.tensor([7, 7, 3, 9, 3]), 2).tolist() == [0, 0, 1, 0, 1]


@pytest.mark.parametrize("name", DIGESTS)
def test_the_frozen_material_is_what_its_script_made(name: str) -> None:
    assert hashlib.sha256((LAB / "data" / name).read_bytes()).hexdigest() == DIGESTS[name]


def test_the_prompts_are_the_scripts() -> None:
    sys.path.insert(0, str(ROOT / "packaging" / "lab_data"))
    try:
        script = module_from(Path(ROOT / "packaging" / "lab_data" / "clip_text.py"))
    finally:
        sys.path.pop(0)
    shipped = json.loads((LAB / "data" / "prompts.json").read_text())
    unseen = [[row["text"], row["module"], row["template"]] for row in script.prompts() if row["template"] >= 5]

    assert shipped["modules"] == list(script.MODULES)
    assert shipped["prompts"] == unseen
    trained = {row["text"] for row in script.prompts() if row["template"] < 5}
    assert not trained & {text for text, *_ in unseen}


def test_macro_f1_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import f1_score  # type: ignore[import-untyped]  # noqa: PLC0415 - only this test needs it

    reference = module_from(LAB / "reference.py")
    truth, predicted = torch.randint(0, 4, (50,)), torch.randint(-1, 4, (50,))

    theirs = f1_score(truth, predicted, labels=list(range(5)), average="macro", zero_division=0.0)
    assert reference.f1_of_classes(truth, predicted, 5).mean().item() == pytest.approx(theirs)


def test_the_known_mistakes_of_a_score_differ_from_each_other() -> None:
    misconceptions, reference = module_from(LAB / "misconceptions.py"), module_from(LAB / "reference.py")
    generator = torch.Generator().manual_seed(6)
    truth = torch.randint(0, 3, (60,), generator=generator) * torch.randint(0, 2, (60,), generator=generator)
    predicted = torch.where(torch.rand(60, generator=generator) < 0.6, truth, truth - 1)
    found = {mistake.id: mistake.fn() for mistake in misconceptions.of_f1(truth, predicted, 4)}
    found["right"] = reference.f1_of_classes(truth, predicted, 4).mean()

    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs() > 1e-3, f"{one} cannot be told from {other}"
