"""A run's numbers over time: drawn, in a table and as a file, all of them, and by whom they were said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from labs.models import Submission
from labs.runs import MOST_NAMES, MOST_ROWS, read_run
from residual.accounts.models import User
from tests.factories import event_json, make_submission, make_user
from tests.labs.fake_runner import FakeRunner

BEGAN = datetime(2026, 11, 22, tzinfo=UTC)


def told(*values: dict[str, Any]) -> list[tuple[datetime, dict[str, Any]]]:
    return [(BEGAN + timedelta(seconds=at / 2), data) for at, data in enumerate(values)]


def test_numbers_of_the_learner_and_ours_are_drawn_apart() -> None:
    run = read_run(told({"step": 1, "loss": 2.0, "memory_mb": 50.0}, {"step": 2, "loss": 1.0, "memory_mb": 51.0}))
    assert run is not None
    assert [curve.name for curve in run.reported] == ["loss"]
    assert [curve.name for curve in run.measured] == ["memory (MB)"]
    assert run.rows == (("1", "2", "50"), ("2", "1", "51"))
    assert run.words == "step 2, loss 1, memory (MB) 51"


def test_memory_of_a_card_is_drawn_with_what_we_measure() -> None:
    run = read_run(told({"step": 1, "gpu_memory_mb": 900.0, "gpu_peak_mb": 1200.0}))
    assert run is not None
    assert [curve.name for curve in run.measured] == ["GPU memory (MB)", "peak GPU memory (MB)"]


def test_without_steps_the_axis_is_time() -> None:
    run = read_run(told({"loss": 2.0}, {"loss": 1.0}))
    assert run is not None
    assert (run.axis, run.rows) == ("seconds", (("0", "2"), ("0.5", "1")))


def test_what_is_not_finite_is_a_gap_with_a_word() -> None:
    run = read_run(told({"step": 1, "loss": 2.0}, {"step": 2, "loss": "nan"}, {"step": 3, "loss": 1.0}))
    assert run is not None
    assert run.odd == ("loss",)
    assert run.rows[1] == ("2", "nan")
    assert run.reported[0].points == 2


def test_a_long_run_shows_a_hundred_rows_with_both_ends() -> None:
    run = read_run(told(*({"step": at, "loss": 1.0 * at} for at in range(1000))))
    assert run is not None
    assert (run.points, len(run.table), run.thinned) == (1000, MOST_ROWS, True)
    assert (run.table[0], run.table[-1]) == (("0", "0"), ("999", "999"))


@pytest.mark.parametrize("data", [{}, {"step": 3}, {"loss": "high"}, {"<b>": 1.0}, {"loss": None}], ids=str)
def test_without_a_number_there_is_nothing_to_draw(data: dict[str, Any]) -> None:
    assert read_run(told(data)) is None
    assert read_run([]) is None


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["step", "loss", "memory_mb", "a b", *(f"n{at}" for at in range(20))]),
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just("nan"),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_was_stored_is_read_without_an_error(values: list[dict[str, Any]]) -> None:
    run = read_run(told(*values))
    assert run is None or (len(run.rows) == len(values) and len(run.names) <= MOST_NAMES)


@pytest.fixture
def me(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def submission(me: User, runner: FakeRunner) -> Submission:
    submission = make_submission(me)
    runner.claim()
    points = [event_json(at, "metric", {"step": at, "loss": 1 / at, "peak_mb": 60.0}) for at in range(1, 8)]
    assert runner.events(submission.pk, *points).status_code == 200
    return submission


@pytest.mark.django_db
@pytest.mark.parametrize("tail", ["", "panel", "run"])
def test_the_page_its_panel_and_the_live_piece_show_every_point(
    client: Client, submission: Submission, tail: str
) -> None:
    html = client.get(f"{submission.get_absolute_url()}{tail}").content.decode()
    assert "7 points" in html
    assert "loss over step: 7 points from 1 to 0.1429, between 0.1429 and 1" in html
    assert html.index("Reported by your code") < html.index("Measured from outside")
    assert "style=" not in html


@pytest.mark.django_db
def test_a_running_page_asks_for_its_curves_and_speaks_now_and_then(client: Client, submission: Submission) -> None:
    html = client.get(submission.get_absolute_url()).content.decode()
    assert 'hx-trigger="sse:metric throttle:1s, sse:metric delay:1200ms"' in html
    assert 'role="status" hx-get' in html
    assert (
        client.get(f"{submission.get_absolute_url()}run?words=1").content == b"step 7, loss 0.1429, peak memory (MB) 60"
    )


@pytest.mark.django_db
def test_the_file_holds_all_points(client: Client, submission: Submission) -> None:
    answer = client.get(f"{submission.get_absolute_url()}points.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.decode().splitlines()[:2] == ["step,loss,peak memory (MB)", "1,1,60"]
    assert len(answer.content.splitlines()) == 8


@pytest.mark.django_db
def test_a_run_without_numbers_has_no_curves_and_no_file(client: Client, me: User) -> None:
    submission = make_submission(me, status="done", verdict="passed")
    assert client.get(f"{submission.get_absolute_url()}points.csv").status_code == 404
    assert client.get(f"{submission.get_absolute_url()}run").content.strip() == b""
    assert 'class="curve' not in client.get(submission.get_absolute_url()).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("tail", ["run", "points.csv"])
def test_nobody_else_sees_a_run(client: Client, submission: Submission, tail: str) -> None:
    client.force_login(make_user())
    assert client.get(f"{submission.get_absolute_url()}{tail}").status_code == 404
