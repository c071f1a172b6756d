"""docs/runner-protocol.md names every message, field, word and error of the protocol, and no field that is none."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import islice
from pathlib import Path
from uuid import UUID

import pytest
from django.urls import resolve

from gpu_runner import client, protocol, reporting, worker
from labs import dispatch
from labs.api.urls import urlpatterns

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


@pytest.mark.parametrize("words", [protocol.Verdict, protocol.Evidence, protocol.Level, protocol.Lane])
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


def test_the_page_names_every_call_and_none_that_is_not_there() -> None:
    root = "runner/v1"
    served = {f"{url.pattern}".removeprefix(root) for url in urlpatterns if f"{url.pattern}".startswith(root)}
    named = set(re.findall(r"^\| `(?:POST|GET) (/[^`]*)` \|", PAGE, re.MULTILINE))
    assert named == {re.sub(r"<\w+:(submission_)?(\w+)>", r"{\2}", path) for path in served}
    assert "All under `/api/runner/v1`" in PAGE


@pytest.mark.parametrize(("method", "path"), re.findall(r"^\| `(POST|GET) (/[^`]*)` \|", PAGE, re.MULTILINE))
def test_a_call_is_made_as_the_page_says(method: str, path: str) -> None:
    match = resolve(f"/api/runner/v1{path}".format(id=UUID(int=0), digest="0" * 64))
    assert hasattr(match.func.view_class, method.lower())  # type: ignore[attr-defined]  # what as_view() leaves there


def test_the_page_tells_when_a_runner_speaks() -> None:
    said = [
        f"heartbeats every {reporting.BEAT_S:g} s",
        f"or {worker.IDLE_CLAIM_S:g} s when idle",
        f"for {worker.VERDICT_PATIENCE_S:g} s; then the lease ends",
        f"after {client.FIRST_PAUSE_S:g} s, doubled up to {client.LONGEST_PAUSE_S:g} s",
        f"no answer in {client.TIMEOUT_S:g} s",
        f"task `{protocol.RING_TASK}` with one argument, the job's id, to the queue\n`{protocol.RING_QUEUE}`",
        f"it expires after {dispatch.RING_EXPIRES_S} s",
    ]
    assert [words for words in said if words not in PAGE] == []


def test_the_page_tells_the_back_off_that_is_kept() -> None:
    first = list(islice(client.pauses(), 8))
    assert first[:2] == [0.1, 0.2]
    assert first[-1] == client.LONGEST_PAUSE_S
