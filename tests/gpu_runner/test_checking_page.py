"""docs/checking.md names everything that an author may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_runner import checking
from gpu_runner.checking import Lab, Observation

PAGE = (Path(__file__).parents[2] / "docs/checking.md").read_text()
METHODS = [f"lab.{name}" for name in vars(Lab) if name[0] != "_"] + [f"out.{name}" for name in vars(Observation)]
PLUMBING = {
    "lab.axes",
    "lab.draws",
    "lab.inputs",
    "lab.last",
    "lab.measured",
    "lab.pictures",
    "lab.port",
    "lab.seed",
    "out.any_tensor",
    "out.axes",
    "out.inputs",
    "out.value",
}


@pytest.mark.parametrize("name", [name for name in METHODS if name not in PLUMBING and "._" not in name])
def test_the_page_names(name: str) -> None:
    assert f"`{name}" in PAGE or f"{name}(" in PAGE


@pytest.mark.parametrize("name", checking.__all__)
def test_the_page_names_what_is_imported(name: str) -> None:
    assert name in PAGE
