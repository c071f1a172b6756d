"""What `lab test` shows: on a terminal a line that changes, elsewhere plain lines, nowhere control codes."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from typing import Any

import pytest

from gpu_runner.protocol import CheckResult, Evidence, Report, Usage, Verdict
from gpu_runner.screen import ERASE, Screen, spell_metrics

TITLES = ["The shape is kept", "The loss falls"]


class Terminal(io.StringIO):
    """A terminal 60 columns wide."""

    def isatty(self) -> bool:
        return True

    def rows(self) -> list[str]:
        """What stands there in the end: a line is erased before it is written anew."""
        return [line.rpartition(ERASE)[2] for line in self.getvalue().split("\n")]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Shown:
    """A screen and where it writes."""

    out: io.StringIO
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.screen = Screen(self.out, TITLES, self.clock)


@pytest.fixture(autouse=True)
def _sixty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((60, 24)))


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def on_terminal(terminal: Terminal) -> Screen:
    return Screen(terminal, TITLES)


@pytest.fixture
def plain() -> Shown:
    return Shown(io.StringIO())


def result(
    verdict: Verdict = Verdict.PASSED, message: str = "", *, title: str = TITLES[0], **details: Any
) -> CheckResult:
    usage = Usage(wall_s=0.012)
    return CheckResult(
        id="x", title=title, evidence=Evidence.COMPUTED, verdict=verdict, message=message, details=details, usage=usage
    )


def report(*checks: CheckResult, **fields: Any) -> Report:
    return Report(**{"verdict": Verdict.FAILED, "checks": list(checks), **fields})


def test_a_check_appears_as_it_lands_and_the_next_one_is_named(on_terminal: Screen, terminal: Terminal) -> None:
    on_terminal.begin()
    assert terminal.rows() == ["…            The shape is kept"]
    on_terminal.check(result())
    assert terminal.rows() == ["passed       The shape is kept  [computed, 12 ms]", "…            The loss falls"]


def test_metrics_are_one_line_that_changes_and_the_last_values_stay(on_terminal: Screen, terminal: Terminal) -> None:
    on_terminal.check(result())
    for step in (1, 2, 3):
        on_terminal.news("metric", {"step": step, "peak_mb": 61.2})
    assert terminal.rows()[1:] == ["…            The loss falls  step 3; peak 61 MiB"]
    on_terminal.check(result(title=TITLES[1]))
    assert terminal.rows()[1:3] == [
        "             step 3; peak 61 MiB",
        "passed       The loss falls  [computed, 12 ms]",
    ]


def test_output_stands_above_the_line_that_changes(on_terminal: Screen, terminal: Terminal) -> None:
    on_terminal.begin()
    on_terminal.news("log", {"text": "epoch 1\nepoch 2"})
    assert terminal.rows() == ["             | epoch 1", "             | epoch 2", "…            The shape is kept"]


def test_nothing_that_changes_is_left_at_the_end(on_terminal: Screen, terminal: Terminal) -> None:
    on_terminal.check(result())
    on_terminal.done(report(result()))
    assert not any(row.startswith("…") for row in terminal.rows())
    assert terminal.rows()[-1] == ""


def test_the_line_that_changes_fits_the_terminal(on_terminal: Screen, terminal: Terminal) -> None:
    on_terminal.news("metric", {f"a_rather_long_name_{at}": at for at in range(9)})
    assert all(len(row) < 60 for row in terminal.rows())


def test_a_long_message_is_broken_below_its_title(on_terminal: Screen, terminal: Terminal) -> None:
    on_terminal.check(result(Verdict.FAILED, "A sentence that goes on and on. " * 4))
    told = terminal.rows()[1:-1]
    assert len(told) > 1
    assert all(len(row) < 60 and row.startswith(" " * 13) for row in told)


def test_elsewhere_there_are_plain_lines_only(plain: Shown) -> None:
    plain.screen.begin()
    plain.screen.news("log", {"text": "epoch 1"})
    plain.screen.check(result(Verdict.FAILED, "Wrong.", traceback=[{"line": 3, "function": "f", "text": "return"}]))
    assert plain.out.getvalue().splitlines() == [
        "             | epoch 1",
        "FAILED       The shape is kept  [computed, 12 ms]",
        "             Wrong.",
        "             line 3, in f: return",
    ]


def test_plain_metrics_come_every_few_seconds_and_once_more_at_the_end(plain: Shown) -> None:
    for second in range(12):
        plain.clock.now = second
        plain.screen.news("metric", {"step": second})
    plain.screen.check(result())
    assert [line.strip() for line in plain.out.getvalue().splitlines()[:-1]] == [
        "step 0",
        "step 5",
        "step 10",
        "step 11",
    ]


def test_the_same_words_twice_are_said_once(plain: Shown) -> None:
    for title in TITLES:
        plain.screen.check(result(Verdict.ERROR, "SyntaxError: '(' was never closed", title=title))
    assert plain.out.getvalue().count("SyntaxError") == 1
    assert "as above" in plain.out.getvalue()


@pytest.mark.parametrize(("told", "times"), [(["one", "two"], 1), (["one"], 2)], ids=["all", "a part"])
def test_what_was_told_live_is_not_told_again(plain: Shown, told: list[str], times: int) -> None:
    for line in told:
        plain.screen.news("log", {"text": line})
    plain.screen.done(report(result(), log="[x]\none\ntwo\n"))
    assert plain.out.getvalue().count("one") == times


def test_a_refused_file_has_no_figures(plain: Shown) -> None:
    plain.screen.done(report(verdict=Verdict.ERROR, message="attention.py is empty."))
    assert plain.out.getvalue() == "error: attention.py is empty.\n"


@pytest.mark.parametrize("where", ["log", "message", "traceback"])
def test_a_learners_text_cannot_move_the_cursor(on_terminal: Screen, terminal: Terminal, where: str) -> None:
    hostile = "\x1b[2J\x1b]0;passed\a\r\x9bpassed"
    frame = {"line": 1, "function": hostile, "text": hostile}
    if where == "log":
        on_terminal.news("log", {"text": hostile})
    else:
        on_terminal.check(result(Verdict.FAILED, hostile, traceback=[frame]))
    written = terminal.getvalue().replace(ERASE, "")
    assert "\x1b" not in written
    assert "\r" not in written
    assert "\x9b" not in written


def test_what_is_measured_stands_apart_from_what_is_reported() -> None:
    values = {"loss": 0.41234567, "peak_mb": 212.4, "step": 120, "steps_per_s": 30.0}
    assert spell_metrics(values) == "loss 0.4123, step 120; peak 212 MiB, 30 steps/s"
    assert spell_metrics({"loss": "nan"}) == "loss nan"
