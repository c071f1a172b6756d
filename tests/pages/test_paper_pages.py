"""The papers: list, search, and a page each."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from curriculum.models import Paper, Question
from residual.pages.words import rank
from residual.progress.services import complete
from tests.factories import make_activity, make_paper, make_phase, make_section, make_user, make_week

pytestmark = pytest.mark.django_db


def make_question(paper: Paper, **fields: Any) -> Question:
    defaults = {"kind": "choice", "skill": "s", "source": "§1", "prompt_html": "?", "explanation_html": "!", "spec": {}}
    return Question.objects.create(**{"id": f"q-{paper.pk}", "paper": paper, "digest": "0", **defaults, **fields})


def test_the_list_leads_to_every_paper_and_counts_questions(client: Client) -> None:
    make_question(make_paper("bert"))
    make_paper("gpt")
    html = client.get("/papers/").content.decode()
    assert 'href="/papers/bert/"' in html
    assert 'href="/papers/gpt/"' in html
    assert html.count("1 question<") == 1


def test_search_keeps_what_holds_every_word(client: Client) -> None:
    make_paper("bert", title="BERT", authors="Jacob Devlin", year=2018)
    make_paper("gpt", title="GPT-2", authors="Alec Radford", year=2019)
    html = client.get("/papers/?q=devlin+2018").content.decode()
    assert "/papers/bert/" in html
    assert "/papers/gpt/" not in html
    assert 'value="devlin 2018"' in html


def test_an_empty_result_says_what_to_do(client: Client) -> None:
    make_paper("bert")
    assert "No paper holds all of these words" in client.get("/papers/?q=zebra").content.decode()


def test_htmx_gets_the_list_alone(client: Client) -> None:
    html = client.get("/papers/?q=x", headers={"HX-Request": "true"}).content.decode()
    assert html.startswith('<div id="papers"')
    assert "<html" not in html


def test_what_was_searched_is_escaped(client: Client) -> None:
    html = client.get("/papers/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert(1)" not in html


@pytest.mark.parametrize("text", ["dollar", "DOLLÁR", "dollár 2021"])
def test_case_and_accents_do_not_matter(text: str) -> None:
    assert rank(text, "Title Piotr Dollár 2021") > 0


def test_a_paper_shows_its_record(client: Client) -> None:
    make_paper(
        "bert", title="BERT", authors="Jacob Devlin", year=2018, venue="NAACL", arxiv="1810.04805", summary_html="Sum."
    )
    html = client.get("/papers/bert/").content.decode()
    for text in ("BERT", "Jacob Devlin", "2018", "NAACL", "1810.04805", "Sum.", 'href="https://example.org/paper"'):
        assert text in html


def test_a_paper_says_where_it_is_used(client: Client) -> None:
    paper = make_paper("bert")
    activity = make_activity(make_week(3), paper=paper)
    section = make_section(make_phase(2))
    section.papers.add(paper)
    html = client.get("/papers/bert/").content.decode()
    assert f'href="/weeks/week-3/#{activity.pk}"' in html
    assert f'href="/phases/phase-2/#{section.pk}"' in html


def test_a_paper_without_questions_says_so(client: Client) -> None:
    make_paper("bert")
    assert "Its questions are not written yet." in client.get("/papers/bert/").content.decode()


def test_a_paper_with_questions_leads_to_its_quiz(client: Client) -> None:
    make_question(make_paper("bert"))
    assert 'href="/reviews/papers/bert/"' in client.get("/papers/bert/").content.decode()


def test_a_learned_quiz_is_marked(client: Client) -> None:
    user = make_user()
    make_question(make_paper("bert"))
    complete(user, "quiz_learned", "bert")
    client.force_login(user)
    html = client.get("/papers/bert/").content.decode()
    assert "Learned" in html
    assert "Kept" not in html
