"""How questions become cards."""

from __future__ import annotations

import pytest
from django.utils import timezone

from residual.progress import services as progress
from residual.reviews import services
from residual.reviews.models import Card, ReviewLog
from residual.reviews.queries import due
from tests.factories import make_activity
from tests.factories import make_week as make_plain_week
from tests.factories_reviews import MONDAY, make_paper, make_question, make_user, make_week

pytestmark = pytest.mark.django_db


def test_starting_a_quiz_makes_a_card_of_every_live_question_core_ones_first() -> None:
    user, paper = make_user(), make_paper()
    extra = make_question(paper=paper, core=False)
    core = make_question(paper=paper)
    make_question(paper=paper, retired_at=timezone.now())
    make_question()
    assert services.start_quiz(user, paper, MONDAY) == 2
    assert [card.question for card in due(user, MONDAY)] == [core, extra]


def test_starting_a_quiz_again_makes_only_what_is_missing() -> None:
    user, paper = make_user(), make_paper()
    make_question(paper=paper)
    services.start_quiz(user, paper, MONDAY)
    make_question(paper=paper)
    assert services.start_quiz(user, paper, MONDAY) == 1
    assert services.start_quiz(user, paper, MONDAY) == 0


def test_every_card_begins_its_log_with_an_introduction() -> None:
    user, paper = make_user(), make_paper()
    make_question(paper=paper)
    services.start_quiz(user, paper, MONDAY)
    row = ReviewLog.objects.get()
    assert (row.seq, row.kind, row.card.revision) == (1, "introduce", 1)


def test_the_roadmap_introduces_the_core_questions_of_a_week_in_progress() -> None:
    user, paper, later = make_user(), make_paper(), make_paper()
    make_week(1, paper)
    make_week(2, later)
    core = make_question(paper=paper)
    make_question(paper=paper, core=False)
    make_question(paper=later)
    assert services.introduce_roadmap(user, MONDAY) == 0
    progress.complete(user, "reading", "reading-1")
    assert services.introduce_roadmap(user, MONDAY) == 1
    assert [card.question for card in Card.objects.filter(user=user)] == [core]
    assert services.introduce_roadmap(user, MONDAY) == 0


def test_a_paper_that_was_read_is_asked_even_where_its_week_has_no_quiz_of_it() -> None:
    user, read, unread = make_user(), make_paper(), make_paper()
    week = make_plain_week(3)
    reading = make_activity(week, paper=read, stretch=True)
    make_activity(week, paper=unread, stretch=True)
    core = make_question(paper=read)
    make_question(paper=read, core=False)
    make_question(paper=unread)
    assert services.introduce_roadmap(user, MONDAY) == 0
    progress.complete(user, "reading", reading.ref)
    assert services.introduce_roadmap(user, MONDAY) == 1
    assert [card.question for card in Card.objects.filter(user=user)] == [core]
