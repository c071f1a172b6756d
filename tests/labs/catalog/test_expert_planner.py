"""What only the lab `expert-planner` needs: misleading prompts, mistakes told apart, files that their scripts made."""

from __future__ import annotations

import hashlib
import random
from itertools import combinations

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import module_from

LAB = CATALOG / "expert-planner"
PLAN = [("high", 7), ("low", 4), ("high", 8), ("low", 1)]


def experts() -> dict[str, dict[str, Tensor]]:
    stored = load_file(LAB / "data" / "experts.safetensors")
    return {
        name: {full.partition(".")[2]: array.double() for full, array in stored.items() if full.startswith(name)}
        for name in ("low", "high")
    }


def test_the_order_worked_by_hand_in_the_readme_is_right() -> None:
    reference = module_from(LAB / "reference.py")

    assert reference.by_expert(PLAN) == [0, 2, 1, 3]


def test_every_known_mistake_has_an_answer_of_its_own() -> None:
    misconceptions, reference = (module_from(LAB / f"{name}.py") for name in ("misconceptions", "reference"))
    noise = torch.randn(4, 64, generator=torch.Generator().manual_seed(1)).double()
    found = {name: way(experts(), PLAN, noise) for name, _, way in misconceptions.DRAWINGS}

    for one, other in combinations({**found, "right": reference.Drawing()(experts(), PLAN, noise)}.items(), 2):
        assert (one[1] - other[1]).abs().max() > 0.1, f"{one[0]} cannot be told from {other[0]}"


def test_the_experts_of_the_probe_draw_as_those_of_the_reference() -> None:
    probe, reference = (module_from(LAB / f"{name}.py") for name in ("probe", "reference"))
    weights = {name: array.float() for name, array in experts()["low"].items()}
    noise = torch.randn(3, 64, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([0, 3, 4])

    drawn = probe.Expert(weights, 0)(noise, labels)

    assert torch.allclose(drawn.double(), reference.pictures(experts()["low"], noise.double(), labels), atol=1e-4)


def test_prompts_to_learn_from_and_those_held_back_share_no_sentence() -> None:
    prompts = module_from(LAB / "prompts.py")

    shown, held_back = prompts.drawn_prompts(random.Random(4))  # noqa: S311 - any seed will do

    assert (len(shown), len(held_back)) == (168, 112)
    assert not {prompt for prompt, _ in shown} & {prompt for prompt, _ in held_back}
    assert {digit for _, digit in held_back} == set(range(10))


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("experts", "8419f2d2d4a8cedbd03ed0f97ddcfbe30628f852545ebf7b55ac70c6f8b7b78e"),
        ("judge", "4d1a288045300959adb664f4fb55452d56a1091afb84a30eb9de11b5f6646f88"),
    ],
)
def test_the_frozen_files_are_those_that_their_scripts_made(name: str, digest: str) -> None:
    assert hashlib.sha256((LAB / "data" / f"{name}.safetensors").read_bytes()).hexdigest() == digest
