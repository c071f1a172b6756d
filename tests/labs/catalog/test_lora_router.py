"""What only the lab `lora-router` needs: its batch by hand, its frozen files, mistakes that differ."""

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

LAB = CATALOG / "lora-router"
DIGESTS = {
    "base.safetensors": "c6c9c9d0f3c98ee889c3b24758f60ebcaa37bfcb8ac20d68e1442caec2ba715d",
    "rot13.safetensors": "c82003b57a61a2b4f6e727c0ac6e80a56fe0992c8a49721466cb1243d46eb151",
    "sentences.txt": "7300a98fd2372364b4ea09dc0620d45fddce043f6155d8517d259c974e0f174a",
    "snake.safetensors": "013dc32caad8c861b0ca9b1607545d1bad596c9508173b1ced19caac98dc7653",
    "upper.safetensors": "bf75ea2581cf04d00191e47e5acb697c93da7e9a61a6d86381e8a2d1ea327f11",
}


def test_the_batch_by_hand_in_the_readme_is_right() -> None:
    reference = module_from(LAB / "reference.py")
    wanted = [1, 2, 0, 1, 3, 2]

    assert reference.order(wanted, 2) == [2, 1, 5, 0, 3, 4]
    events = reference.Serving().events([[2], wanted], 65_536)[2:]  # the first batch makes adapter 2 resident
    assert [event[:3] for event in events] == [
        ("run", 0, 65_536),
        ("run", 2, 65_536),
        ("run", 2, 65_536),
        ("drop", 2, 0),
        ("load", 1, 65_536),
        ("run", 1, 65_536),
        ("run", 1, 65_536),
        ("drop", 1, 0),
        ("load", 3, 65_536),
        ("run", 3, 65_536),
    ]
    as_they_came = reference.Serving(grouped=False).events([[2], wanted], 65_536)[2:]
    assert sum(event[0] == "load" for event in as_they_came) == 5


def test_loading_before_dropping_doubles_the_bytes() -> None:
    reference = module_from(LAB / "reference.py")

    assert max(event[2] for event in reference.Serving(drops_first=False).events([[1, 2]], 65_536)) == 131_072


def test_the_frozen_files_are_those_that_the_script_made() -> None:
    found = {name: hashlib.sha256((LAB / "data" / name).read_bytes()).hexdigest() for name in DIGESTS}

    assert found == DIGESTS


@pytest.mark.parametrize("seed", range(3))
def test_every_known_mistake_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)
    case, batches = checks.draw_case(lab).exact(), checks.draw_batches(lab)
    prompts = checks.draw_prompts(lab, batches)
    found = {m.id: m.fn() for m in checks.answer_mistakes(case, prompts, batches)}
    found["right"] = checks.answers(case, prompts, checks.uses(batches))

    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"


def test_every_known_wrong_log_differs_from_the_others() -> None:
    checks = module_from(LAB / "checks.py")
    batches = [[1, 0, 2, 1, 0, 2], [3, 0, 2, 1, 3, 2]]
    found = {m.id: m.fn() for m in checks.log_mistakes(batches, 100)}
    found["right"] = checks.coded(checks.Serving().events(batches, 100))

    for one, other in combinations(found, 2):
        assert not torch.equal(found[one], found[other]), f"{one} cannot be told from {other}"
