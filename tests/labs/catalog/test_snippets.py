"""The lines that repeat a failed check's call run as they are, beside the learner's file, and give what it got."""

from __future__ import annotations

import contextlib
import io
import math
import re
import sys
from pathlib import Path

import pytest
import torch

from gpu_runner.checking.drawing import Draws
from gpu_runner.checking.repeating import MAX_TEXT, Call, snippet
from gpu_runner.protocol import CheckResult, Verdict
from gpu_runner.sandbox.child import load_module
from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import name_of, report_of

FILENAMES = {"scaled-dot-product-attention": "attention.py", "multi-head-attention": "multihead.py"}
ATTENTION = sorted((CATALOG / "scaled-dot-product-attention" / "wrong").glob("*.py"))
WITH_A_PROBE = [CATALOG / "multi-head-attention" / "wrong" / f"{name}.py" for name in ("blind_rows_nan",)]


def failed_checks(file: Path) -> list[CheckResult]:
    return [found for found in report_of(file.parents[1], file).checks if found.verdict is not Verdict.PASSED]


def run(text: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the lines with these files importable; returns what they print."""
    for name, source in files.items():
        monkeypatch.setitem(sys.modules, name.removesuffix(".py"), load_module(name, source))
    heard = io.StringIO()
    # Of the four usual digits, few are left of a small number.
    torch.set_printoptions(precision=9)  # type: ignore[no-untyped-call]  # torch left it so
    try:
        with contextlib.redirect_stdout(heard):
            exec(compile(text, "try_it.py", "exec"), {"__name__": "__main__"})  # noqa: S102 - what is being tested
    finally:
        torch.set_printoptions(profile="default")  # type: ignore[no-untyped-call]  # torch left it so
    return heard.getvalue()


@pytest.mark.sandbox
@pytest.mark.parametrize("file", [*ATTENTION, *WITH_A_PROBE], ids=name_of)
def test_every_snippet_of_a_known_bad_solution_repeats_the_failure(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = file.parents[1]
    files = {FILENAMES[lab.name]: file.read_text()}
    if (lab / "probe.py").exists():
        files["probe.py"] = (lab / "probe.py").read_text()
    for found in failed_checks(file):
        text = found.details.get("snippet", "")
        if found.evidence == "policy":  # the source was read and nothing was called
            assert text == ""
            continue
        printed = run(text, files, monkeypatch)
        if said := re.search(r"# the check got (\S+)", text):
            value = float(re.findall(r"tensor\((\S+?)[,)]", printed)[-1])
            got = float(said[1])
            assert value == pytest.approx(got, rel=1e-3, abs=1e-5) or (math.isnan(value) and math.isnan(got))
        else:
            alike = "own values differ" in text or found.evidence == "observed"
            assert alike or "first_bad_index" not in found.details, text


def lines(*args: object, details: dict[str, object] | None = None, draws: Draws | None = None, **kwargs: object) -> str:
    return snippet(Call("call", "f", args, kwargs), draws or Draws(7), "mine.py", details or {})


def test_what_was_drawn_but_not_passed_on_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = Draws(7)
    draws.normal((3, 3))
    y = draws.uniform((2, 3), "A B", -1.0, 1.0)
    draws.integers((4,), "", 0, 5)
    text = lines(y, draws=draws)
    assert text.count("generator=draw") == 2
    printed = run(text, {"mine.py": "def f(x):\n    print(x.sum().item())\n    return x\n"}, monkeypatch)
    assert float(printed.splitlines()[0]) == pytest.approx(float(y.sum()))


def test_a_tensor_changed_after_it_was_drawn_is_spelled_out() -> None:
    draws = Draws(7)
    x = draws.normal((2, 2))
    x[0, 0] = 5.0
    assert "torch.tensor([5, " in lines(x, draws=draws)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.full((5, 4), torch.nan),
        torch.tensor([torch.inf, -torch.inf, 1.0]),
        torch.tensor([1.5, -2.25], dtype=torch.float64),
        torch.arange(6).reshape(2, 3),
        torch.tensor([[True, False]]),
        torch.zeros(0, 3),
        torch.tensor(3.0),
        torch.eye(4).expand(50, 9, 4, 4),
    ],
    ids=lambda tensor: f"{tensor.dtype} {tuple(tensor.shape)}",
)
def test_a_small_or_repeating_tensor_is_given_exactly(tensor: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.Tensor] = []
    module = load_module("mine.py", "def f(x):\n    seen.append(x)\n")
    monkeypatch.setattr(module, "seen", seen, raising=False)
    monkeypatch.setitem(sys.modules, "mine", module)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(lines(tensor), {})  # noqa: S102 - what is being tested
    assert seen[0].dtype == tensor.dtype
    assert torch.equal(seen[0].nan_to_num(nan=9e9), tensor.nan_to_num(nan=9e9))


def test_a_large_tensor_of_the_check_own_making_is_only_alike_and_the_lines_say_so() -> None:
    text = lines(torch.randn(30, 30), details={"first_bad_index": [0, 0], "got": 1.0})
    assert "the check's own values differ" in text
    assert "the check got" not in text


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool, torch.bfloat16, torch.complex64], ids=str)
def test_a_tensor_that_is_alike_has_shape_and_dtype(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    text = lines((torch.randn(40, 40) * 9).to(dtype))
    printed = run(text, {"mine.py": "def f(x):\n    print(x.dtype, tuple(x.shape))\n"}, monkeypatch)
    assert printed.startswith(f"{dtype} (40, 40)")


def test_arguments_keep_their_names_and_no_name_hides_another() -> None:
    weights = {"draw": torch.ones(1), "class": torch.ones(2), "wq": torch.ones(3), "scale": 0.5, "mode": 'a"b'}
    text = lines(weights, wq=torch.ones(4), mine=torch.ones(5), limit=float("inf"), flags=(True, None))
    assert "wq = torch.full((3,)" in text
    assert "wq1 = torch.full((4,)" in text
    assert "mine1 = torch.full((5,)" in text
    assert 'limit=float("inf")' in text
    assert "flags=[True, None]" in text
    assert "draw = torch.full" not in text
    compile(text, "try_it.py", "exec")


def test_lines_too_many_to_read_are_left_out() -> None:
    spelled_out = [torch.arange(at, at + 200) for at in range(9)]
    assert 500 < len(lines(*spelled_out[:2])) <= MAX_TEXT
    assert lines(*spelled_out) == ""
    draws = Draws(7)
    for _ in range(100):
        draws.normal((1,))
    assert lines(draws=draws) == ""
    assert snippet(None, Draws(7), "mine.py", {}) == ""
