"""Search over the site: every kind of thing, by words in any order, and never an answer of a question."""

from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from residual.pages.words import rank
from tests.factories import make_lab, make_paper, make_phase, make_user, make_week
from tests.factories_reviews import make_question

pytestmark = pytest.mark.django_db


def results(client: Client, text: str) -> str:
    html = client.get("/search/", {"q": text}).content.decode()
    return " ".join(html.partition("<main")[2].partition("</main>")[0].split())


def test_without_words_it_says_what_can_be_found(client: Client) -> None:
    assert "type a word of any" in results(client, "  ")


def test_every_kind_has_a_group_with_its_count_and_links(client: Client) -> None:
    make_week(1, title="Swin week")
    make_phase(1, title="Swin phase")
    make_lab("swin-windows", title="Swin windows")
    make_paper("swin", title="Swin Transformer")
    html = results(client, "swin")
    for heading, url in (
        ("Weeks", "/weeks/week-1/"),
        ("Phases", "/phases/phase-1/"),
        ("Labs", "/labs/swin-windows/"),
        ("Papers", "/papers/swin/"),
    ):
        assert f'{heading} <span class="tag">1</span>' in html
        assert f'href="{url}"' in html
    assert "4 results for “swin”" in html


def test_all_words_must_be_there_in_any_order_and_titles_come_first(client: Client) -> None:
    make_paper("body", title="Other", summary_html="<p>masks and <b>attention</b></p>")
    make_paper("head", title="Attention masks")
    html = results(client, "masks attention")
    assert html.index("/papers/head/") < html.index("/papers/body/")
    assert "Nothing holds all the words" in results(client, "masks convolution")


def test_a_question_is_found_by_its_topic_and_never_by_its_words(client: Client) -> None:
    paper = make_paper("ddpm")
    make_question(
        paper=paper, skill="diffusion.noise-schedule", prompt_html="secretprompt", explanation_html="secretwhy"
    )
    client.force_login(make_user())
    assert 'href="/reviews/papers/ddpm/">Diffusion: noise schedule</a>' in results(client, "noise schedule")
    assert "Nothing holds" in results(client, "secretprompt")
    assert "Nothing holds" in results(client, "secretwhy")


def test_a_visitor_is_led_to_the_paper_of_a_question(client: Client) -> None:
    make_question(paper=make_paper("ddpm"), skill="diffusion.noise-schedule")
    assert 'href="/papers/ddpm/">Diffusion: noise schedule</a>' in results(client, "schedule")


def test_a_labs_solution_and_starter_are_not_searched(client: Client) -> None:
    make_lab("one", solution="def findme(): ...", solution_html="findme", starter="findme")
    assert "Nothing holds" in results(client, "findme")


def test_many_hits_are_cut_and_counted(client: Client) -> None:
    for number in range(15):
        make_paper(f"many-{number}", title=f"Many {number}")
    html = results(client, "many")
    assert 'Papers <span class="tag">15</span>' in html
    assert "The 12 best are shown" in html


def test_what_is_looked_for_is_escaped_and_cut(client: Client) -> None:
    html = results(client, "<script>" + "x" * 500)
    assert "<script>" not in html
    assert "x" * 201 not in html


@given(st.text("abcéÉßİ- ", max_size=30), st.text(max_size=60))
def test_a_title_answers_to_every_word_of_its_own(title: str, body: str) -> None:
    assert all(rank(word, title, body) > 0 for word in title.split())
    assert rank("", title, body) == 0


@given(st.lists(st.text("abcdeé ", min_size=1, max_size=8), min_size=1, max_size=4))
def test_the_order_of_words_does_not_matter(words: list[str]) -> None:
    title = "abc de éa"
    assert rank(" ".join(words), title) == rank(" ".join(reversed(words)), title)
