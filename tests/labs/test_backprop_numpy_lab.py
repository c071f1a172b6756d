"""The lab `backprop-numpy`: honest solutions pass whatever their style, mistakes fail where they should."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from gpu_runner.checking import Lab
from gpu_runner.protocol import Verdict
from gpu_runner.verify import broken_claim
from tests.labs.proving import CATALOG, Reports, by_id, failures, judged, module_from, one_thread, passed

if TYPE_CHECKING:
    from pathlib import Path

    from gpu_runner.checking.port import Port

LAB = CATALOG / "backprop-numpy"
STYLES = sorted((CATALOG.parents[1] / "tests" / "labs" / "honest_backprop_numpy").glob("*.py"))
WRONG = [LAB / "wrong" / f"{name}.py" for name in ("not_divided_by_rows", "mask_of_gradient", "bias_not_summed")]


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
    assert "forward is still to be written" in by_id(report)["forward"].message
    assert "loss is still to be written" in by_id(report)["loss"].message


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("mistake", "check", "words"),
    [
        ("not_divided_by_rows", "dlogits", "Your answer equals p − y, not divided by N"),
        ("mask_of_gradient", "hidden-layer", "Your answer equals the gradient masked by its own sign"),
        ("mask_of_gradient", "descent", "the goal is 0.2"),
        ("bias_not_summed", "output-layer", "Your answer equals the first row alone"),
        ("bias_not_summed", "gradcheck", "Along a direction of b1 your loss changes by"),
    ],
)
def test_the_report_says_what_went_wrong(mistake: str, check: str, words: str, reports: Reports) -> None:
    assert words in by_id(reports[LAB / "wrong" / f"{mistake}.py"].result())[check].message


def test_the_example_worked_by_hand_in_the_readme_is_right() -> None:
    solution = module_from(LAB / "solution.py")
    params = {"w1": np.array([[1.0, 1.0], [1.0, -1.0]]), "b1": np.zeros(2), "w2": np.eye(2), "b2": np.zeros(2)}

    logits, cache = solution.forward(params, np.array([[1.0, 2.0]]))
    value, dlogits = solution.loss(logits, np.array([1]))
    gradients = solution.backward(params, cache, dlogits)

    assert logits.tolist() == [[3, 0]]
    assert value == pytest.approx(3.049, abs=6e-4)
    assert gradients["b2"] == pytest.approx(np.array([0.953, -0.953]), abs=6e-4)
    assert gradients["w2"] == pytest.approx(np.array([[2.858, -2.858], [0, 0]]), abs=6e-4)
    assert gradients["w1"] == pytest.approx(np.array([[0.953, 0], [1.905, 0]]), abs=6e-4)
    assert gradients["x"] == pytest.approx(np.array([[0.953, 0.953]]), abs=6e-4)


@pytest.mark.parametrize("name", ["w1", "b1", "w2", "b2", "x"])
def test_the_known_mistakes_of_a_gradient_differ_from_each_other(name: str) -> None:
    checks = module_from(LAB / "checks.py")
    params, x, dlogits = checks.draw(Lab(cast("Port", None), 3))  # drawing needs no sandbox
    found = {mistake.id: mistake.fn() for mistake in checks.mistaken(name, params, x, dlogits)}
    found["right"] = checks.backwards(params, x, dlogits, lambda z, _: (z > 0).double())[name]
    if name in ("w2", "b2"):  # they lie behind ReLU, whose slope is no part of them
        for slope in ("relu-ignored", "mask-of-gradient", "mask-flipped", "relu-value"):
            del found[slope]

    for one, other in combinations(found, 2):
        same_shape = found[one].shape == found[other].shape
        assert not same_shape or (found[one] - found[other]).abs().max() > 1e-3, f"{one} cannot be told from {other}"
