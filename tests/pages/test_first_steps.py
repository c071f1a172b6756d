"""The first ten minutes: three steps, each done by evidence; they can be put away, and go away by themselves."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from residual.accounts.models import User
from residual.progress.models import Completion
from residual.progress.services import complete, record_share
from residual.reviews.services import Submission, answer, introduce
from tests.factories import make_activity, make_lab, make_paper, make_user, make_week
from tests.factories_reviews import make_question

pytestmark = pytest.mark.django_db
RIGHT = {"moves": "evidence"}


@pytest.fixture
def newcomer(client: Client) -> User:
    """Signed in, on a site with the first lab and a quiz."""
    make_lab("standardise-rows", id="lab-first", minutes=5)
    paper = make_paper("attention")
    make_activity(make_week(1), "quiz", ref=paper.pk, paper=paper)
    user = make_user()
    client.force_login(user)
    return user


def home(client: Client) -> str:
    return " ".join(client.get("/").content.decode().split())


def review_one(user: User) -> None:
    (card,) = introduce(user, [make_question()])
    answer(user, card.pk, Submission(card.revision, str(uuid4()), None))


@pytest.mark.usefixtures("newcomer")
def test_a_newcomer_reads_first(client: Client) -> None:
    html = home(client)
    assert "Your first ten minutes" in html
    assert 'class="button primary" href="/start/"' in html
    assert html.count("button primary") == 1


def test_a_right_answer_about_the_page_is_evidence_that_it_was_read(client: Client, newcomer: User) -> None:
    response = client.post("/start/", RIGHT)
    assert response["Location"] == "/"
    assert Completion.objects.filter(user=newcomer, kind="reading", ref="start", share=1).exists()
    assert 'class="button primary" href="/labs/standardise-rows/"' in home(client)


def test_a_wrong_answer_says_where_to_look_and_leaves_nothing(client: Client, newcomer: User) -> None:
    response = client.post("/start/", {"moves": "typing"})
    assert response.status_code == 422
    assert "Look at “Progress is evidence” above" in response.content.decode()
    assert not Completion.objects.filter(user=newcomer).exists()


def test_a_visitor_reads_the_page_and_leaves_no_evidence(client: Client) -> None:
    assert "Sign up" in client.get("/start/").content.decode()
    client.post("/start/", RIGHT)
    assert not Completion.objects.exists()


def test_a_lab_passed_in_part_is_not_passed(client: Client, newcomer: User) -> None:
    client.post("/start/", RIGHT)
    record_share(newcomer, "lab", "lab-first", 0.4)
    assert 'href="/labs/standardise-rows/">Open the lab' in home(client)


def test_after_a_passed_lab_comes_a_card(client: Client, newcomer: User) -> None:
    client.post("/start/", RIGHT)
    complete(newcomer, "lab", "lab-first")
    assert 'class="button primary" href="/reviews/papers/attention/"' in home(client)


def test_steps_may_be_done_in_any_order(client: Client, newcomer: User) -> None:
    review_one(newcomer)
    html = home(client)
    assert html.count('<span class="status good">Done</span>') == 1
    assert 'class="button primary" href="/start/"' in html


def test_at_the_end_the_routine_is_named_and_the_day_takes_over(client: Client, newcomer: User) -> None:
    client.post("/start/", RIGHT)
    complete(newcomer, "lab", "lab-first")
    review_one(newcomer)
    html = home(client)
    assert "That was the whole routine" in html
    assert "data-now=" in html


def test_a_finished_path_is_gone_some_days_later(client: Client, newcomer: User) -> None:
    client.post("/start/", RIGHT)
    complete(newcomer, "lab", "lab-first")
    review_one(newcomer)
    User.objects.filter(pk=newcomer.pk).update(date_joined=timezone.now() - timedelta(days=3))
    assert "first-steps" not in home(client)


@pytest.mark.usefixtures("newcomer")
def test_the_path_can_be_put_away_by_its_owner_alone(client: Client) -> None:
    client.post("/first-steps/dismiss/")
    assert "Your first ten minutes" not in home(client)
    client.force_login(make_user())
    assert "Your first ten minutes" in home(client)
    client.logout()
    assert client.post("/first-steps/dismiss/").status_code == 302
