"""The lab `transformer-block`: honest blocks pass whatever their style, each known mistake fails where it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import Tensor

from gpu_runner.checking import Lab
from gpu_runner.labspec import read_lab
from gpu_runner.protocol import Evidence, Verdict, judging_files
from gpu_runner.verify import broken_claim
from tests.labs.proving import CATALOG, Reports, by_id, failures, judged, module_from, one_thread

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

LAB = CATALOG / "transformer-block"
STYLES = sorted((Path(__file__).parent / "honest_blocks").glob("*.py"))
WRONG = sorted((LAB / "wrong").glob("*.py"))
CHECKS = read_lab(judging_files(LAB)).checks


@pytest.fixture(scope="module")
def reports() -> Iterator[Reports]:
    with judged(LAB, [LAB / "solution.py", LAB / "starter.py", *STYLES, *WRONG]) as reports:
        yield reports


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.mark.sandbox
@pytest.mark.parametrize("file", [LAB / "solution.py", *STYLES], ids=lambda file: file.stem)
def test_a_correct_block_passes_whatever_its_style(file: Path, reports: Reports) -> None:
    report = reports[file].result()

    assert failures(report) == []
    assert report.verdict is Verdict.PASSED


@pytest.mark.sandbox
@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.stem)
def test_a_mistake_fails_just_where_it_says_and_is_named(file: Path, reports: Reports) -> None:
    assert broken_claim(file.name, file.read_text(), reports[file].result()) == []


@pytest.mark.sandbox
def test_the_starter_says_what_to_do_next(reports: Reports) -> None:
    results = by_id(reports[LAB / "starter.py"].result())

    passed = {name for name, result in results.items() if result.verdict is Verdict.PASSED}
    assert passed == {"by-hand"}
    assert "TODO 2: compute the block's output" in results["shapes"].message
    assert results["shapes"].details["traceback"][-1]["function"] == "forward"


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("mistake", "check", "words"),
    [
        ("scaled_by_d_model", "attention", "Your answer equals attention divided by √D instead of √(D/H)"),
        ("softmax_over_queries", "mixing", "Your answer equals softmax over the queries instead of the keys"),
        ("mask_after_softmax", "causal", "Your answer equals a mask after the softmax"),
        ("mask_after_softmax", "leak", "the future leaks"),
        ("window", "leak", "a causal block still sees the whole past"),
        ("weights_in_buffers", "gradients", "This is the gradient of norm1_gain"),
        ("dropout", "no-dropout", "is there dropout in the block?"),
        ("standard_normal_start", "depth", "24 fresh pre-norm blocks took the RMS of x from 1 to"),
        ("spare_layer", "parameters", "12d² + 13d is"),
        ("library_attention", "by-hand", "MultiheadAttention"),
    ],
)
def test_the_report_says_what_went_wrong(mistake: str, check: str, words: str, reports: Reports) -> None:
    results = by_id(reports[LAB / "wrong" / f"{mistake}.py"].result())

    assert words in results[check].message


def test_counting_and_source_rules_do_not_carry_the_lab() -> None:
    strong = [check for check in CHECKS if check.evidence is Evidence.COMPUTED]

    assert len(strong) == 13
    assert {check.id for check in CHECKS if check not in strong} == {"parameters", "input-untouched", "by-hand"}


@pytest.mark.parametrize(("causal", "expected"), [(False, [4.730, -0.047]), (True, [4.841, -0.159])])
def test_the_example_worked_by_hand_in_the_readme_is_right(causal: bool, expected: list[float]) -> None:
    solution = module_from(LAB / "solution.py")
    block = solution.TransformerBlock(d_model=2, n_heads=1, d_ff=2)
    one, zero = torch.eye(2), torch.zeros(2)
    weights = {f"w{name}": one for name in "qkvo12"} | {f"b{name}": zero for name in "qkvo12"}
    for norm in ("norm1", "norm2"):
        weights |= {f"{norm}_gain": torch.ones(2), f"{norm}_bias": zero}
    solution.load_weights(block, weights)

    y = block(torch.tensor([[[3.0, 1.0], [0.0, 4.0]]]), causal=causal)

    assert y[0, 0].tolist() == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("seed", range(3))
def test_every_known_mistake_has_an_answer_of_its_own(seed: int) -> None:
    checks = module_from(LAB / "checks.py")
    lab = Lab(cast("Port", None), seed)  # drawing needs no sandbox
    config, weights = checks.draw_config(lab), double(checks.draw_weights(lab))
    x = lab.normal("B T D").double()
    rights = [
        checks.Recipe(config["n_heads"], causal=causal, join=join)
        for causal in (False, True)
        for join in (checks.pre_norm, checks.post_norm)
    ]

    def answers(change: Callable[[Any], Callable[..., Tensor]]) -> Tensor:
        return torch.stack([change(right)(weights, size * x) for right in rights for size in (0.01, 1, 4)])

    found = {"the right block": answers(lambda right: right)}
    found |= {name: answers(wrong) for name, _text, wrong in checks.MISTAKES}
    assert len(found) == len(checks.MISTAKES) + 1
    for one, other in combinations(found, 2):
        assert (found[one] - found[other]).abs().max() > 1e-3, f"{one} cannot be told from {other}"


def double(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: array.double() for name, array in weights.items()}
