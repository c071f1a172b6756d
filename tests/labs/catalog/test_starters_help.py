"""Every lab's starter fails, earns nothing and tells what to write first."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_runner.verify import unlike_a_starter
from tests.labs.catalog.proving import name_of, quick, report_of


@pytest.mark.sandbox
@pytest.mark.parametrize("lab", quick(), ids=name_of)
def test_the_starter_earns_nothing_and_says_what_to_write(lab: Path) -> None:
    starter = lab / "starter.py"

    assert unlike_a_starter(starter.read_text(), report_of(lab, starter)) == []
