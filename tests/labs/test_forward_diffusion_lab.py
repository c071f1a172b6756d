"""The lab `forward-diffusion`: honest solutions pass whatever their style, mistakes fail where they should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch

from gpu_runner.protocol import Verdict
from gpu_runner.verify import broken_claim
from tests.labs.proving import CATALOG, Reports, by_id, failures, judged, module_from, one_thread, passed

if TYPE_CHECKING:
    from pathlib import Path

LAB = CATALOG / "forward-diffusion"
STYLES = sorted((CATALOG.parents[1] / "tests" / "labs" / "honest_forward_diffusion").glob("*.py"))
WRONG = [LAB / "wrong" / f"{name}.py" for name in ("one_late", "jump_without_roots", "shared_step", "cosine_uncapped")]


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
def test_a_correct_solution_passes_whatever_its_style(file: Path, reports: Reports) -> None:
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
    assert "betas is still to be written" in by_id(report)["linear"].message
    assert "q_sample is still to be written" in by_id(report)["jump"].message


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("mistake", "check", "words"),
    [
        ("one_late", "alpha-bars", "Your answer equals a product that leaves out the step itself"),
        ("jump_without_roots", "jump", "Your answer equals a jump with ᾱ and 1 − ᾱ, their roots missing"),
        ("shared_step", "ends", "Your answer equals a jump of all images to the first image's step"),
        ("one_late", "same", "This is the state after the jump with the same noise."),
    ],
)
def test_the_report_says_what_went_wrong(mistake: str, check: str, words: str, reports: Reports) -> None:
    assert words in by_id(reports[LAB / "wrong" / f"{mistake}.py"].result())[check].message


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    betas, x0, one = torch.tensor([0.1, 0.2]), torch.full((1, 1, 1, 1), 2.0), torch.ones(1, 1, 1, 1)

    first = solution.q_step(x0, torch.tensor([0]), one, betas)
    second = solution.q_step(first, torch.tensor([1]), -one, betas)
    jumped = solution.q_sample(x0, torch.tensor([1]), -0.311 * one, solution.alpha_bars(betas))

    assert [first.item(), second.item(), jumped.item()] == pytest.approx([2.214, 1.533, 1.533], abs=6e-4)


@pytest.mark.parametrize("of", ["JUMPS", "SINGLE_STEPS", "PRODUCTS", "RATIOS"])
def test_every_known_mistake_has_an_answer_of_its_own(of: str) -> None:
    checks = module_from(LAB / "checks.py")
    generator = torch.Generator().manual_seed(1)
    table = torch.rand(12, generator=generator).double() * 0.9 + 0.05
    x, noise = torch.randn(2, 3, 2, 4, 5, generator=generator).double()
    inputs = (x, torch.tensor([7, 2, 9]), noise, table) if of in ("JUMPS", "SINGLE_STEPS") else (table,)
    right = {"JUMPS": checks.jump, "SINGLE_STEPS": checks.step, "PRODUCTS": checks.bars, "RATIOS": checks.ratio}[of]
    found = {name: wrong(*inputs) for name, _text, wrong in getattr(checks, of)} | {"right": right(*inputs)}

    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-2, f"{one} cannot be told from {other}"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_frozen_numbers_are_those_of_diffusers() -> None:
    import diffusers  # noqa: PLC0415 - seconds that only this test should cost

    frozen = json.loads((LAB / "data" / "diffusers.json").read_text())
    names = {"linear": "linear", "scaled_linear": "scaled_linear", "cosine": "squaredcos_cap_v2"}

    for kind, values in frozen["alphas_cumprod"].items():
        scheduler = cast("Any", diffusers.DDPMScheduler)(num_train_timesteps=frozen["steps"], beta_schedule=names[kind])
        assert torch.allclose(scheduler.alphas_cumprod[frozen["at"]], torch.tensor(values), atol=1e-6)
