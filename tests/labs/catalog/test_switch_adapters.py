"""What only the lab `switch-adapters` needs: its sums by hand, its frozen files, mistakes that differ."""

from __future__ import annotations

import hashlib
from itertools import combinations
from typing import TYPE_CHECKING, cast

import pytest
import torch

from gpu_runner.checking import Lab
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "switch-adapters"


def test_the_sums_by_hand_in_the_readme_are_right() -> None:
    b = torch.tensor([[2.0, 1.0]])
    a = torch.tensor([[1.0, 0.0], [0.0, 4.0]])
    weights = torch.tensor([0.5, 0.5])

    assert ((b * weights) @ a).tolist() == [[1, 2]]
    assert (b @ weights * (weights @ a)).tolist() == [0.75, 3]
    layer = [(64, 64)] * 2 + [(32, 64)] * 2 + [(128, 64)] * 2 + [(64, 128)]
    assert 2 * 8 * sum(outs + ins for outs, ins in layer) == 16_384


def test_text_and_base_are_those_of_the_router() -> None:
    """One script makes them for both halves of the capstone; the router's test knows their digests."""
    for name in ("base.safetensors", "sentences.txt"):
        one, other = (
            hashlib.sha256((CATALOG / lab / "data" / name).read_bytes()).hexdigest()
            for lab in ("switch-adapters", "lora-router")
        )
        assert one == other, name


@pytest.mark.parametrize("seed", range(3))
def test_every_known_mistake_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)
    case = checks.draw_case(lab).exact()
    ids = checks.draw_ids(lab)
    first, second, third = case.names
    order = [second, None, first, third, None, second]
    mixed = {first: 0.6, second: -0.3}
    walked = checks.walking(case, second, [checks.draw_ids(lab) for _ in range(3)], 0.03, 0.5)
    right = checks.Training()
    groups = [
        checks.turns(case, order, ids),
        checks.mixtures(case, mixed, ids),
        checks.merges(case, second, first, "model.layers.1.mlp.up_proj"),
        checks.walks(walked, lambda found: found[0]),
        checks.offs(case, second, walked, ids),
        checks.files(case, second, third),
    ]
    answers = [{m.id: m.fn() for m in group} for group in groups]
    answers[1]["right"], answers[3]["right"] = case.logits(ids, mixed), walked(right)[0]

    for found in answers:
        for one, other in combinations(found, 2):
            assert (found[one] - found[other]).abs().max() > 1e-4, f"{one} cannot be told from {other}"


def test_an_alphabet_changes_letters_and_nothing_else() -> None:
    drawing = module_from(LAB / "drawing.py")
    for capitals in (False, True):
        table = drawing.draw_alphabet(Lab(cast("Port", None), 1), capitals)
        spelled = "Return the name, (or 0).".translate(table)

        assert spelled.isupper() == capitals
        assert [at for at, letter in enumerate(spelled) if not letter.isalpha()] == [6, 10, 15, 16, 17, 20, 21, 22, 23]
