"""Home: an invitation for visitors, today at a glance for learners."""

from __future__ import annotations

import pytest
from django.test import Client

from residual.progress.services import complete, tick_reading
from tests.factories import make_activity, make_lab, make_submission, make_user, make_week

pytestmark = pytest.mark.django_db


def test_a_visitor_is_told_what_it_is_and_how_to_begin(client: Client) -> None:
    html = client.get("/").content.decode()
    assert "Learn deep learning. Keep it." in html
    assert 'href="/accounts/signup/"' in html


def test_a_learner_sees_the_next_step_with_its_gain(client: Client) -> None:
    week = make_week(1)
    lab = make_lab("attention")
    make_activity(week, "lab", ref=lab.pk, title="Attention")
    client.force_login(make_user())
    html = client.get("/").content.decode()
    assert "<i>The shapes are right</i>" in html
    assert "+25 %" in html
    assert 'href="/labs/attention/"' in html


def test_a_step_without_a_page_of_its_own_leads_to_its_line_of_the_week(client: Client) -> None:
    activity = make_activity(make_week(1), "journal")
    client.force_login(make_user())
    assert f'href="/weeks/week-1/#{activity.pk}"' in client.get("/").content.decode()


def test_the_next_step_moves_on_with_the_learner(client: Client) -> None:
    user = make_user()
    first, second = make_activity(make_week(1)), make_activity(make_week(2))
    tick_reading(user, first)
    client.force_login(user)
    html = client.get("/").content.decode()
    assert f"<i>{second.title}</i>" in html
    assert "Your first ten minutes" not in html


def test_a_week_that_waits_for_labs_to_come_out_does_not_hold_one_up(client: Client) -> None:
    make_activity(make_week(1), "lab", released=False)
    activity = make_activity(make_week(2))
    client.force_login(make_user())
    assert f"<i>{activity.title}</i>" in client.get("/").content.decode()


def test_a_new_learner_is_told_the_routine(client: Client) -> None:
    make_activity(make_week(1))
    client.force_login(make_user())
    assert "Your first ten minutes" in client.get("/").content.decode()


def test_the_last_lab_is_shown_with_its_verdict(client: Client) -> None:
    user = make_user()
    make_submission(user, make_lab("attention"), status="done", verdict="failed")
    client.force_login(user)
    html = client.get("/").content.decode()
    assert "<strong>Attention</strong>" in html
    assert "Failed" in html


def test_another_learners_lab_is_not_shown(client: Client) -> None:
    make_submission(make_user(), make_lab("attention"), status="done", verdict="failed")
    client.force_login(make_user())
    assert "You have not sent a lab yet" in client.get("/").content.decode()


def test_with_everything_complete_home_says_so(client: Client) -> None:
    user = make_user()
    activity = make_activity(make_week(1), "lab")
    complete(user, "lab", activity.ref)
    client.force_login(user)
    assert "All twelve weeks are complete" in client.get("/").content.decode()


def test_without_content_home_says_what_to_do(client: Client) -> None:
    client.force_login(make_user())
    assert "manage.py sync_content" in client.get("/").content.decode()
