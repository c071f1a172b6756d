"""The lab `lora-by-hand`: honest layers pass whatever their style, mistakes fail where they should, peft agrees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import nn

from gpu_runner.checking import Lab
from gpu_runner.protocol import Verdict
from gpu_runner.verify import broken_claim
from tests.labs.proving import CATALOG, Reports, by_id, failures, judged, module_from, one_thread, passed

if TYPE_CHECKING:
    from pathlib import Path

    from gpu_runner.checking.port import Port

LAB = CATALOG / "lora-by-hand"
STYLES = sorted((CATALOG.parents[1] / "tests" / "labs" / "honest_lora_by_hand").glob("*.py"))
WRONG = [LAB / "wrong" / f"{name}.py" for name in ("alpha_alone", "b_random", "both_zero", "merged_twice")]


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
    assert "TODO 2: add the adapter's part" in by_id(report)["fresh"].message
    assert "TODO 5: copy a and b" in by_id(report)["forward"].message


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("mistake", "check", "words"),
    [
        ("alpha_alone", "forward", "Your answer equals the adapter multiplied by α instead of α/r"),
        ("alpha_alone", "peft", "The expected numbers were made by peft"),
        ("b_random", "fresh", "A fresh layer should give what its base gives"),
        ("both_zero", "start", "If A and B are both zero, neither gets a gradient."),
        ("merged_twice", "repeats", "Your answer equals the base with the adapter added twice"),
    ],
)
def test_the_report_says_what_went_wrong(mistake: str, check: str, words: str, reports: Reports) -> None:
    assert words in by_id(reports[LAB / "wrong" / f"{mistake}.py"].result())[check].message


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    base = nn.Linear(2, 2)
    base.load_state_dict({"weight": torch.eye(2), "bias": torch.zeros(2)})
    layer = solution.LoRALinear(base, rank=1, alpha=2.0)
    solution.load_adapter(layer, torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [-1.0]]))

    assert layer(torch.ones(1, 1, 2)).flatten().tolist() == [19, -5]
    layer.merge()
    assert base.weight.tolist() == [[7, 12], [-2, -3]]


@pytest.mark.parametrize("seed", range(5))
def test_every_known_mistake_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    weights, x, alpha = checks.draw(Lab(cast("Port", None), seed))  # drawing needs no sandbox
    found = {mistake.id: mistake.fn(weights, x) for mistake in checks.output_mistakes(alpha)}
    found["right"] = checks.output(weights, x, alpha)

    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning:peft", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_frozen_numbers_are_those_of_peft() -> None:
    import peft  # noqa: PLC0415 - seconds that only this test should cost

    case = json.loads((LAB / "data" / "peft.json").read_text())
    weights = {name: torch.tensor(values) for name, values in case["weights"].items()}
    rows, columns = weights["w"].shape
    net = nn.Sequential(nn.Linear(columns, rows))
    net[0].load_state_dict({"weight": weights["w"], "bias": weights["bias"]})
    config = peft.LoraConfig(r=len(weights["a"]), lora_alpha=case["alpha"], target_modules=["0"])
    layer = cast("Any", peft.get_peft_model(net, config)).base_model.model[0]
    with torch.no_grad():
        layer.lora_A["default"].weight.copy_(weights["a"])
        layer.lora_B["default"].weight.copy_(weights["b"])
        y = layer(torch.tensor(case["x"]))
        layer.merge()

    assert torch.allclose(y, torch.tensor(case["y"]), atol=1e-5)
    assert torch.allclose(layer.get_base_layer().weight, torch.tensor(case["merged"]), atol=1e-5)
