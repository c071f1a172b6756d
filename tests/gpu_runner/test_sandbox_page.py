"""docs/sandbox.md names a test for each property of the sandbox, and every test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.gpu_runner.hostile import ALL

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "sandbox.md").read_text()
TABLE = PAGE.partition("## Each property and what holds us to it")[2].partition("\n## ")[0]
ROWS = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith("| property")]


def test_every_property_has_a_test() -> None:
    assert len(ROWS) > 20
    assert [row for row in ROWS if not re.search(r'`test_\w+\.py::\w+`|"[^"]+"', row)] == []


def test_every_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(test_\w+\.py)::(\w+)`", TABLE)

    assert [name for file, name in named if f"def {name}(" not in (HERE / file).read_text()] == []


def test_every_hostile_submission_that_is_named_is_run() -> None:
    known = {attack.name for attack in ALL}

    assert [name for row in ROWS for name in re.findall(r'"([^"]+)"', row) if name not in known] == []
