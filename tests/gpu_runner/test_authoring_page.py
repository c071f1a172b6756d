"""docs/authoring-labs.md shows a whole lab line by line; it is judged here, right and wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from gpu_runner.checking import Lab
from gpu_runner.protocol import Report, Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.trial import Submission

if TYPE_CHECKING:
    from gpu_runner.checking.port import Port

PAGE = (Path(__file__).parents[2] / "docs/authoring-labs.md").read_text()
BLOCKS = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL)
SOLUTION, CHECKS = ("\n".join(text for name, text in BLOCKS if name == file) for file in ("solution.py", "checks.py"))
ASKED = re.findall(r'@check\("([a-z-]+)"\)', CHECKS)
SPEC = {
    "id": "lab-page",
    "slug": "page",
    "filename": "mixing.py",
    "entry_points": ["attention", "MLP", "load_weights", "fit"],
    "checks": [{"id": name, "title": name, "evidence": "computed"} for name in ASKED],
}
ANSWER = "masked_fill(later, -math.inf).softmax(-1) @ v"
MISTAKES = {  # check: what is written instead of what, and what the report says
    "shape": (ANSWER, f"{ANSWER}[:, :, :1]", "The shape is"),
    "values": (" / math.sqrt(q.size(-1))", "", "equals attention without 1/√d to"),
    "gradients": ("q @ k.mT", "q @ k.detach().mT", "This is the gradient by `k`."),
    "leak": (".triu(1)", ".triu(2)", "leak into earlier ones"),
    "parity": (".relu()", "", "differ from the reference"),
    "parameters": ("nn.Linear(f, d)\n", "nn.Linear(f, d)\n        self.spare = nn.Linear(1, 1)\n", "Parameters: "),
    "kept": ("return scores", "scores = scores.exp().log().exp().log().exp().log()\n    return scores", "Bytes kept"),
    "operations": ("q @ k.mT", "(q @ k.mT + 0 * (q @ k.mT))", "Operations: "),
    "accuracy": (".solution[:, 0]", ".solution[:, 0] * 0", "Share of fresh points on the right side: 0.0"),
}


@pytest.fixture(scope="module")
def judged(supervisor: Supervisor) -> dict[str, Report]:
    """The report on the page's solution, and on each check's mistake that of this check."""
    files = {"lab.yaml": yaml.safe_dump(SPEC).encode(), "checks.py": CHECKS.encode()}
    wrong = {name: Submission(files, SOLUTION.replace(old, new), [name]) for name, (old, new, _) in MISTAKES.items()}
    return {name: supervisor.judge(asked) for name, asked in {"right": Submission(files, SOLUTION), **wrong}.items()}


@pytest.mark.sandbox
def test_the_solution_on_the_page_passes_every_check_on_the_page(judged: dict[str, Report]) -> None:
    report = judged["right"]

    assert [(check.id, check.message) for check in report.checks if check.verdict is not Verdict.PASSED] == []
    assert report.verdict is Verdict.PASSED, report.message


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ASKED)
def test_each_check_on_the_page_names_its_mistake(name: str, judged: dict[str, Report]) -> None:
    (check,) = judged[name].checks

    assert check.verdict is Verdict.FAILED, check.message
    assert MISTAKES[name][2] in check.message


@pytest.mark.sandbox
def test_the_hint_and_the_skill_come_with_the_misconception(judged: dict[str, Report]) -> None:
    (failed,) = judged["values"].checks

    assert failed.message.endswith("Write down the variance of one score first.")
    assert failed.details["misconception"]["skill"] == "attention.scaling"


@pytest.mark.parametrize("seed", range(20))
def test_named_dims_are_pairwise_distinct(seed: int) -> None:
    sizes = Lab(cast("Port", None), seed).dims("B H T D N F")  # drawing needs no sandbox

    assert len(set(sizes)) == 6


LINES = {  # what the page promises to show
    "named dims": "lab.normal(",
    "an entry point": "lab.call(",
    "a reference": "lab.agrees(",
    "misconceptions": "misconceptions=",
    "gradients": "lab.gradients_agree(",
    "leak": "lab.no_leak(",
    "parity": "lab.parity(",
    "parameters": "lab.parameters(",
    "kept bytes": "lab.kept_bytes(",
    "operations": "lab.flops(",
    "a metric from outside": "at_least=",
    "a hint": "hint=",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_the_page_shows_every_line(line: str) -> None:
    assert line in CHECKS
