"""Home: an invitation for visitors; for learners today at a glance, with one thing to do now."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from residual.accounts.models import User
from residual.progress.services import complete, tick_reading
from residual.reviews.services import introduce
from tests.factories import make_activity, make_lab, make_paper, make_result, make_submission, make_user, make_week
from tests.factories_reviews import make_question

pytestmark = pytest.mark.django_db


def settled(**fields: Any) -> User:
    """Somebody who has put the first ten minutes away."""
    return make_user(guide_dismissed_at=datetime(2026, 1, 1, tzinfo=UTC), **fields)


def home(client: Client, user: User | None = None) -> str:
    if user:
        client.force_login(user)
    return " ".join(client.get("/").content.decode().split())


def test_a_visitor_is_told_what_it_is_and_how_to_begin(client: Client) -> None:
    html = home(client)
    assert "Learn deep learning. Keep it." in html
    assert 'href="/accounts/signup/"' in html


def test_a_learner_sees_the_next_step_with_its_gain(client: Client) -> None:
    week = make_week(1)
    lab = make_lab("attention")
    make_activity(week, "lab", ref=lab.pk, title="Attention")
    html = home(client, settled())
    assert 'data-now="step"' in html
    assert "Pass <i>The shapes are right</i>" in html
    assert "+25 %" in html
    assert 'class="button primary" href="/labs/attention/"' in html


def test_there_is_one_primary_action_whatever_there_is_to_do(client: Client) -> None:
    user = settled()
    make_activity(make_week(1), "reading")
    introduce(user, [make_question()])
    make_submission(user, status="done", verdict="failed")
    main = home(client, user).partition("<main")[2].partition("</main>")[0]
    assert main.count("button primary") == 1


def test_due_reviews_come_before_the_next_step_and_say_how_long_they_take(client: Client) -> None:
    user = settled()
    make_activity(make_week(1), "reading", title="Section 3")
    introduce(user, [make_question(), make_question()])
    html = home(client, user)
    assert 'data-now="review"' in html
    assert "Answer 2 cards" in html
    assert "about 1 minute<" in html
    assert "Then: read <i>Section 3</i>" in html


def test_a_title_that_says_what_to_do_is_not_told_twice(client: Client) -> None:
    make_activity(make_week(1), "reading", title="Read Section 3")
    assert not re.search("read <i>Read", home(client, settled()), re.IGNORECASE)


def test_a_step_without_a_page_of_its_own_leads_to_its_line_of_the_week(client: Client) -> None:
    activity = make_activity(make_week(1), "journal")
    assert f'href="/weeks/week-1/#{activity.pk}"' in home(client, settled())


def test_the_next_step_moves_on_with_the_learner(client: Client) -> None:
    user = settled()
    first, second = make_activity(make_week(1)), make_activity(make_week(2))
    tick_reading(user, first)
    assert f"<i>{second.title}</i>" in home(client, user)


def test_a_week_that_waits_for_labs_to_come_out_does_not_hold_one_up(client: Client) -> None:
    make_activity(make_week(1), "lab", released=False)
    activity = make_activity(make_week(2))
    assert f"<i>{activity.title}</i>" in home(client, settled())


def test_with_nothing_left_until_more_is_out_one_may_rest(client: Client) -> None:
    make_activity(make_week(1), "lab", released=False)
    html = home(client, settled())
    assert 'data-now="rest"' in html
    assert "Rest, or read ahead" in html


def test_what_only_time_brings_does_not_hold_up_the_next_week(client: Client) -> None:
    user, paper = settled(), make_paper("attention")
    make_activity(make_week(1), "quiz", ref=paper.pk, paper=paper)
    complete(user, "quiz_learned", paper.pk)
    html = home(client, user)
    assert 'data-now="rest"' in html
    assert "What is left comes with time" in html
    following = make_activity(make_week(2), "reading")
    html = home(client, user)
    assert 'data-now="step"' in html
    assert f"<i>{following.title}</i>" in html


def test_the_last_lab_is_shown_with_its_verdict_and_the_checks_that_passed(client: Client) -> None:
    user = settled()
    submission = make_submission(user, make_lab("attention"), status="done", verdict="failed")
    make_result(submission, "shapes")
    make_result(submission, "values", "failed")
    html = home(client, user)
    assert "<strong>Attention</strong>" in html
    assert "Failed" in html
    assert "1 of 2 checks passed" in html
    assert "every 3s" not in html


def test_a_lab_under_judgement_says_its_place_and_looks_again_by_itself(client: Client) -> None:
    user = settled()
    make_submission(user, make_lab("attention"), status="queued")
    html = home(client, user)
    assert "You are next." in html
    assert 'hx-trigger="every 3s"' in html
    assert "Watch it" in html


def test_another_learners_lab_is_not_shown(client: Client) -> None:
    make_submission(make_user(), make_lab("attention"), status="done", verdict="failed")
    assert "You have not sent a lab yet" in home(client, settled())


def test_without_cards_home_says_where_they_come_from(client: Client) -> None:
    assert "You have no cards yet" in home(client, settled())


def test_with_everything_complete_home_says_so(client: Client) -> None:
    user = settled()
    activity = make_activity(make_week(1), "lab")
    complete(user, "lab", activity.ref)
    assert "All twelve weeks are complete" in home(client, user)


def test_without_content_home_says_what_to_do(client: Client) -> None:
    make_paper()
    assert "manage.py sync_content" in home(client, make_user())
