"""The lab `switch-layer`: honest layers pass whatever their style, mistakes fail where they should."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import Tensor

from gpu_runner.checking import Lab
from gpu_runner.protocol import Verdict
from gpu_runner.verify import broken_claim
from tests.labs.proving import CATALOG, Reports, by_id, failures, judged, module_from, one_thread, passed

if TYPE_CHECKING:
    from pathlib import Path

    from gpu_runner.checking.port import Port

LAB = CATALOG / "switch-layer"
STYLES = sorted((CATALOG.parents[1] / "tests" / "labs" / "honest_switch_layer").glob("*.py"))
WRONG = [LAB / "wrong" / f"{name}.py" for name in ("no_gate", "last_come", "soft_share")]


@pytest.fixture(scope="module")
def reports() -> Iterator[Reports]:
    with judged(LAB, [LAB / "starter.py", *STYLES, *WRONG]) as reports:
        yield reports


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.mark.sandbox
@pytest.mark.parametrize("file", STYLES, ids=lambda file: file.stem)
def test_a_correct_layer_passes_whatever_its_style(file: Path, reports: Reports) -> None:
    report = reports[file].result()

    assert failures(report) == []
    assert report.verdict is Verdict.PASSED


@pytest.mark.sandbox
@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.stem)
def test_a_mistake_fails_just_where_it_says_and_is_named(file: Path, reports: Reports) -> None:
    assert broken_claim(file.name, file.read_text(), reports[file].result()) == []


@pytest.mark.sandbox
def test_the_starter_says_what_to_do_next(reports: Reports) -> None:
    report = reports[LAB / "starter.py"].result()

    assert passed(report) == {"by-hand"}
    assert "TODO 2: compute output and loss" in by_id(report)["shapes"].message


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("mistake", "check", "words"),
    [
        ("no_gate", "gate", "Your answer equals the chosen expert's answer, not multiplied by its probability"),
        ("last_come", "order", "Your answer equals a queue in which the last tokens are served first"),
        ("soft_share", "balance", "Your answer equals the loss with probabilities in the place of the counted share"),
    ],
)
def test_the_report_says_what_went_wrong(mistake: str, check: str, words: str, reports: Reports) -> None:
    assert words in by_id(reports[LAB / "wrong" / f"{mistake}.py"].result())[check].message


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    layer = solution.SwitchLayer(d_model=2, d_ff=3, n_experts=2, capacity_factor=1.0, alpha=0.5)
    weights = {"router": torch.eye(2), "w1": torch.zeros(2, 3, 2), "b1": torch.zeros(2, 3), "w2": torch.zeros(2, 2, 3)}
    solution.load_weights(layer, weights | {"b2": torch.tensor([[10.0, 10.0], [20.0, 20.0]])})
    tokens = [[0.7, 0.3], [0.6, 0.4], [0.2, 0.8], [0.9, 0.1]]  # logits are the logarithms of the probabilities

    y, loss = layer(torch.tensor([[[math.log(p) for p in token] for token in tokens]]))

    assert y[0, :, 0].tolist() == pytest.approx([7, 6, 16, 0])
    assert loss.item() == pytest.approx(1.1 * 0.5)


@pytest.mark.parametrize("seed", range(3))
def test_every_known_mistake_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)  # drawing needs no sandbox
    right = checks.recipe(checks.draw_config(lab, 0.7))
    weights, x = checks.draw_case(lab)
    weights, x = {name: array.double() for name, array in weights.items()}, x.double()

    outcomes: list[tuple[Any, Callable[..., Tensor]]] = [
        (checks.OUTPUTS, lambda recipe, w, x: recipe.output(w, x)),
        (checks.LOSSES, lambda recipe, w, x: recipe.loss(w, x)),
    ]
    for known, of in outcomes:
        found = {m.id: m.fn(weights, x) for m in checks.mistakes_of(right, known, of)}
        if known is checks.LOSSES:
            del found["blend"], found["summed-probabilities"]  # the right loss, and the number that counts give too
        found["the right layer"] = of(right, weights, x)
        for one, other in combinations(found, 2):
            assert (found[one] - found[other]).abs().max() > 1e-4, f"{one} cannot be told from {other}"
