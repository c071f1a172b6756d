"""What a run reports while it goes on is thinned out, cleaned and kept apart from what the runner measures."""

from __future__ import annotations

import json
import os
import select
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpu_runner import live
from gpu_runner.supervisor import news
from gpu_runner.supervisor.news import MAX_NAMES, TEXT, News, read_report


class Heard:
    """Collects what is told, by a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.news = News(lambda kind, data: self.told.append((kind, data)), lambda: self.now)

    def report(self, **values: float) -> None:
        self.news.reported(json.dumps(values).encode() + b"\n")

    def tick(self, now: float, peak_mb: float = 61.0) -> None:
        self.now = now
        self.news.tick(40.0, peak_mb)


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_the_latest_value_of_each_name_is_told_with_the_measured_peak(heard: Heard) -> None:
    heard.report(step=1, loss=2.5)
    heard.report(step=2)
    heard.tick(0.3)
    assert heard.told == [("metric", {"step": 2, "loss": 2.5, "memory_mb": 40.0, "peak_mb": 61.0})]


def test_a_card_s_memory_is_told_now_and_at_most(heard: Heard) -> None:
    heard.report(step=1)
    heard.now = 0.3
    heard.news.tick(40.0, 61.0, 900.04, 1200.0)
    assert heard.told[0][1] == {
        "step": 1,
        "memory_mb": 40.0,
        "peak_mb": 61.0,
        "gpu_memory_mb": 900.0,
        "gpu_peak_mb": 1200.0,
    }


def test_steps_per_second_go_by_our_clock_and_start_anew_with_each_call(heard: Heard) -> None:
    for now, step in ((1.0, 10), (3.0, 50)):
        heard.report(step=step)
        heard.tick(now)
    assert heard.told[-1][1]["steps_per_s"] == 20.0
    heard.news.begin_call()
    heard.report(step=60)
    heard.tick(4.0)
    assert "steps_per_s" not in heard.told[-1][1]


def test_a_report_can_not_speak_for_the_runner(heard: Heard) -> None:
    heard.report(step=1, memory_mb=0.0, peak_mb=0.001, steps_per_s=10**9, gpu_memory_mb=1.0, gpu_peak_mb=1.0)
    heard.tick(0.3)
    assert heard.told[0][1] == {"step": 1, "memory_mb": 40.0, "peak_mb": 61.0}


def test_an_hour_of_reports_is_told_some_two_thousand_times(heard: Heard) -> None:
    for tenth in range(36_000):
        heard.report(step=tenth)
        heard.tick(tenth / 10)
    assert 300 < len(heard.told) < 2_500


def test_a_short_run_tells_its_last_values_at_the_end_and_leaves_its_log_to_the_verdict(heard: Heard) -> None:
    heard.news.printed(b"quick\n")
    heard.report(loss=0.5)
    heard.tick(0.1)
    assert heard.told == []
    heard.news.finish()
    assert [kind for kind, _ in heard.told] == ["metric"]


def test_log_is_told_in_whole_lines_and_in_whole_characters(heard: Heard) -> None:
    text = "épo\0que 1\népoque 2".encode()
    heard.news.printed(text[:1])
    heard.news.printed(text[1:])
    heard.tick(0.3)
    assert heard.told == [("log", {"text": "épo\N{REPLACEMENT CHARACTER}que 1"})]


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_of_a_flood_of_text_the_newest_part_is_told(heard: Heard, ending: bytes) -> None:
    heard.news.printed(b"x" * 10 * TEXT + b"the end" + ending)
    heard.tick(0.3)
    told = heard.told[0][1]["text"]
    assert told.startswith("…x")
    assert told.endswith("the end")
    assert len(told) == TEXT + 1


def test_of_a_flood_of_reports_the_newest_are_told_and_few_names(heard: Heard) -> None:
    for number in range(5_000):
        heard.report(**{f"name{number}": number})
    heard.tick(0.3)
    assert list(heard.told[0][1]) == [f"name{n}" for n in range(5_000 - MAX_NAMES, 5_000)] + ["memory_mb", "peak_mb"]


def test_a_loss_that_is_not_a_number_is_told_as_a_word(heard: Heard) -> None:
    heard.report(loss=float("nan"))
    heard.tick(0.3)
    assert heard.told[0][1]["loss"] == "nan"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"3",
        b"[1]",
        b'{"loss": "<b>"}',
        b'{"loss": true}',
        b'{"loss": [1]}',
        b'{"<b>": 1}',
        b'{"' + b"n" * 99 + b'": 1}',
        b'{"step": 1' + b"0" * 300 + b"}",
        b"[" * 4000,
        b"\xff\xfe",
        b'{"a": 1',
        b'{"\xc3\xa9": 1}',
        b'{"loss\\n": 1}',
    ],
)
def test_a_line_that_is_no_report_says_nothing(line: bytes) -> None:
    assert read_report(line) == {}


@given(st.binary(max_size=600))
def test_whatever_comes_through_the_pipe_is_numbers_by_plain_names_or_nothing(data: bytes) -> None:
    found = read_report(data)
    assert all(news.NAME.fullmatch(name) and type(value) in (int, float) for name, value in found.items())


def test_outside_the_runner_reports_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    live.report(step=3, loss=torch.tensor(0.25))
    assert capsys.readouterr().out == "step 3  loss 0.25\n"


@pytest.mark.parametrize("values", [{"x" * 40 + str(n): n for n in range(20)}, {"loss": "low"}])
def test_what_is_no_report_is_refused_where_it_is_made(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - Python's own words for the second
        live.report(**values)


def test_a_full_pipe_costs_a_report_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    monkeypatch.setattr(live, "_pipe", [])
    live.connect(write)
    for step in range(10_000):
        live.report(step=step, loss=0.1)
    assert select.select([read], [], [], 0)[0]
    for fd in (read, write):
        os.close(fd)
