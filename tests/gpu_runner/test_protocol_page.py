"""docs/runner-protocol.md names every message, field, word and error of the protocol, and no field that is none."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest

from gpu_runner import protocol

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/runner-protocol.md").read_text()
MESSAGES = {kind.__name__: kind for kind in protocol.Message.__subclasses__() if kind.__module__ == protocol.__name__}


def section(name: str) -> str:
    found = re.search(rf"^### {name}\n(.*?)(?=^###|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/runner-protocol.md has no section on {name}"
    return found[1]


@pytest.mark.parametrize("message", MESSAGES)
def test_every_field_of_a_message_has_its_row(message: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section(message), re.MULTILINE)
    assert rows == list(MESSAGES[message].model_fields)


@pytest.mark.parametrize("words", [protocol.Verdict, protocol.Evidence, protocol.Level])
def test_every_word_is_named(words: type[StrEnum]) -> None:
    (line,) = re.findall(rf"^- `{words.__name__}`:(.*?)(?=^- |\Z)", section("Words"), re.MULTILINE | re.DOTALL)
    assert re.findall(r"`([\w-]+)`", line) == [word.value for word in words]


def test_every_kind_of_error_is_named() -> None:
    raised = set(re.findall(r'Problem\(\d+, "([\w-]+)"', (ROOT / "labs/api/runner.py").read_text()))
    assert raised == set(re.findall(r"`urn:residual:([\w-]+)`", PAGE))


def test_the_page_tells_its_version() -> None:
    assert f"version `{protocol.PROTOCOL}`" in PAGE


def test_the_page_tells_the_sizes() -> None:
    (batch,) = (m.max_length for m in protocol.EventBatch.model_fields["events"].metadata)
    assert f"at most {batch}" in section("EventBatch")
    assert f"at most {protocol.MAX_SOURCE_BYTES // 1024} KiB" in section("Job")
