"""The pages of a review session, as a browser without JavaScript meets them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from residual.accounts.models import User
from residual.reviews import services
from residual.reviews.models import Card, Preset, ReviewLog
from tests.factories_reviews import RIGHT, WRONG, answer_card, make_card, make_question, make_user

pytestmark = pytest.mark.django_db

FORMS: dict[str, dict[str, Any]] = {
    "choice": {"right": {"chosen": "b"}, "wrong": {"chosen": "a"}},
    "multiple": {"right": {"chosen": ["a", "b"]}, "wrong": {"chosen": ["c"]}},
    "numeric": {"right": RIGHT["numeric"], "wrong": WRONG["numeric"]},
    "shape": {"right": RIGHT["shape"], "wrong": WRONG["shape"]},
    "expression": {"right": RIGHT["expression"], "wrong": WRONG["expression"]},
    "cloze": {
        "right": {"blank_c1": "sqrt(a)", "blank_c2": "noise"},
        "wrong": {"blank_c1": "a", "blank_c2": "signal"},
    },
    "ordering": {
        "right": {"place_scale": "1", "place_mask": "2", "place_softmax": "3"},
        "wrong": {"place_scale": "1", "place_mask": "3", "place_softmax": "2"},
    },
    "contrast": {"right": {"row_r1": "first", "row_r2": "both"}, "wrong": {"row_r1": "first", "row_r2": "neither"}},
    "what_if": {"right": {"row_r1": "larger", "row_r2": "same"}, "wrong": {"row_r1": "same", "row_r2": "same"}},
    "claim": {"right": {"chosen": "b"}, "wrong": {"chosen": "a"}},
    "bug": {"right": {"line": "2"}, "wrong": {"line": "4"}},
}


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def browser(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def card_of(user: User, kind: str = "numeric", **fields: Any) -> Card:
    return make_card(user, make_question(kind, **fields), timezone.now())


def text(response: HttpResponseBase) -> str:
    assert isinstance(response, HttpResponse)
    return response.content.decode()


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the answer form."""
    form = page[page.index('id="answer-form"') :]
    form = form[: form.index("</form>")]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def send(browser: Client, card: Card, follow: bool = True, **data: Any) -> HttpResponseBase:
    page = text(browser.get(reverse("reviews:session")))
    return browser.post(reverse("reviews:answer", args=[card.pk]), hidden(page) | data, follow=follow)


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_a_right_answer_shows_that_it_is_right(browser: Client, user: User, kind: str) -> None:
    card = card_of(user, kind)
    page = text(send(browser, card, **FORMS[kind]["right"]))
    assert 'data-correct="1"' in page
    assert "Because." in page
    card.refresh_from_db()
    assert card.reps == 1


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_a_wrong_answer_shows_the_note_the_right_answer_and_why(browser: Client, user: User, kind: str) -> None:
    page = text(send(browser, card_of(user, kind), **FORMS[kind]["wrong"]))
    assert 'data-correct="0"' in page
    assert 'class="note"' in page
    assert 'id="right-answer"' in page
    assert 'id="explanation"' in page
    assert 'id="continue"' in page


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_an_empty_answer_is_asked_again_and_costs_nothing(browser: Client, user: User, kind: str) -> None:
    card = card_of(user, kind)
    response = send(browser, card)
    assert response.status_code == 422
    assert 'id="problem" role="alert"' in text(response)
    card.refresh_from_db()
    assert card.reps == 0


def test_a_pick_of_the_newer_kinds_is_shown_with_the_verdict(browser: Client, user: User) -> None:
    page = text(send(browser, card_of(user, "contrast"), **FORMS["contrast"]["wrong"]))
    assert "<li>Is both: <strong>neither</strong></li>" in page
    page = text(send(browser, card_of(user, "bug"), **FORMS["bug"]["wrong"]))
    assert "You answered: <code>return y</code>" in page
    assert "y = x &gt; 1" in page


def test_what_could_not_be_read_is_still_in_its_field(browser: Client, user: User) -> None:
    page = text(send(browser, card_of(user), text="2 * <b>"))
    assert 'value="2 * &lt;b&gt;"' in page


def test_the_verdict_shows_what_was_answered(browser: Client, user: User) -> None:
    page = text(send(browser, card_of(user, "choice"), chosen="a"))
    assert "You answered: <em>d</em>" in page
    page = text(send(browser, card_of(user, "ordering"), **FORMS["ordering"]["wrong"]))
    assert "You answered: <ol><li>scale</li><li>softmax</li><li>mask</li></ol>" in page


def test_what_a_learner_typed_is_escaped_on_the_verdict(browser: Client, user: User) -> None:
    page = text(send(browser, card_of(user, "cloze"), blank_c1="a", blank_c2="<script>alert(1)</script>"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_showing_the_answer_is_not_a_right_answer(browser: Client, user: User) -> None:
    card = card_of(user)
    page = text(send(browser, card, give_up="1"))
    assert "Now you know" in page
    assert "You answered" not in page
    assert ReviewLog.objects.get(card=card, kind="review").revealed


def test_a_self_graded_question_is_compared_and_then_rated(browser: Client, user: User) -> None:
    card = card_of(user, "self")
    page = text(browser.get(reverse("reviews:session")))
    assert "variance" not in page
    page = text(browser.get(reverse("reviews:card", args=[card.pk]), {"reveal": "1"}))
    assert "Because of the <b>variance</b>" in page
    assert all(f'id="rating-{value}"' in page for value in (1, 2, 3, 4))
    response = browser.post(reverse("reviews:answer", args=[card.pk]), hidden(page) | {"rating": "3"}, follow=True)
    assert "Done for today" in text(response)
    assert ReviewLog.objects.get(card=card, kind="review").rating == 3


def test_the_next_question_follows_until_the_day_is_done(browser: Client, user: User) -> None:
    for card in [card_of(user), card_of(user)]:
        send(browser, card, **RIGHT["numeric"])
    page = text(browser.get(reverse("reviews:session")))
    assert "Done for today" in page
    assert "2 answered today" in page
    assert '<svg class="bars"' in page


def test_the_end_of_the_day_says_what_the_limit_holds_back(browser: Client, user: User) -> None:
    Preset.objects.create(user=user, daily_new=1)
    cards = [card_of(user) for _ in range(3)]
    send(browser, cards[0], **RIGHT["numeric"])
    assert 'id="held-new">2 new questions wait' in text(browser.get(reverse("reviews:session")))


def test_a_learner_without_cards_is_told_how_to_get_some(browser: Client) -> None:
    assert "No questions yet" in text(browser.get(reverse("reviews:session")))


def test_a_stale_form_gets_a_conflict_that_shows_what_was_written(browser: Client, user: User) -> None:
    card = card_of(user)
    stale = hidden(text(browser.get(reverse("reviews:session"))))
    answer_card(card, at=timezone.now())
    response = browser.post(reverse("reviews:answer", args=[card.pk]), stale | {"text": "2**26"})
    assert response.status_code == 409
    assert "<code>2**26</code>" in text(response)
    assert "(Good)" in text(response)


def test_sending_the_same_form_twice_shows_the_same_verdict(browser: Client, user: User) -> None:
    card = card_of(user)
    form = hidden(text(browser.get(reverse("reviews:session")))) | RIGHT["numeric"]
    first, second = (browser.post(reverse("reviews:answer", args=[card.pk]), form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]


def test_a_right_answer_can_be_rated_otherwise_from_its_page(browser: Client, user: User) -> None:
    card = card_of(user)
    page = text(send(browser, card, **RIGHT["numeric"]))
    assert 'id="rating-4"' in page
    assert 'id="rating-1"' not in page
    row = ReviewLog.objects.get(card=card, kind="review")
    response = browser.post(reverse("reviews:rate", args=[row.pk]), {"rating": "4", "key": "k"}, follow=True)
    assert 'data-correct="1"' in text(response)
    assert card.log.order_by("-seq")[0].rating == 4


def test_the_promised_interval_of_another_rating_is_the_one_it_gets(browser: Client, user: User) -> None:
    card = card_of(user)
    page = text(send(browser, card, **RIGHT["numeric"]))
    promised = re.search(r'id="rating-4">Easy <span class="small muted">([^<]+)<', page)
    row = ReviewLog.objects.get(card=card, kind="review")
    page = text(browser.post(reverse("reviews:rate", args=[row.pk]), {"rating": "4", "key": "k"}, follow=True))
    assert promised
    assert f"Comes back in {promised[1]}." in page


def test_undo_brings_the_question_back(browser: Client, user: User) -> None:
    card = card_of(user)
    page = text(send(browser, card, **WRONG["numeric"]))
    assert 'id="undo"' in page
    response = browser.post(reverse("reviews:undo", args=[card.pk]), {"revision": "2", "key": "u"}, follow=True)
    assert 'id="answer-form"' in text(response)
    card.refresh_from_db()
    assert card.reps == 0


def test_undo_with_nothing_to_undo_says_so(browser: Client, user: User) -> None:
    card = card_of(user)
    response = browser.post(reverse("reviews:undo", args=[card.pk]), {"revision": "1", "key": "u"}, follow=True)
    assert "no answer of today left to undo" in text(response)


@pytest.mark.parametrize("action", ["suspend", "bury"])
def test_a_question_can_be_put_away(browser: Client, user: User, action: str) -> None:
    card = card_of(user)
    browser.post(reverse(f"reviews:{action}", args=[card.pk]), {"revision": "1", "key": "k"})
    assert 'id="answer-form"' not in text(browser.get(reverse("reviews:session")))


def test_the_reason_of_a_failed_check_is_shown(browser: Client, user: User) -> None:
    card = card_of(user)
    Card.objects.filter(pk=card.pk).update(due_reason="transformer-block failed causal leak")
    assert "because transformer-block failed causal leak" in text(browser.get(reverse("reviews:session")))


def test_the_verdict_stands_when_the_question_has_changed_since(browser: Client, user: User) -> None:
    card = card_of(user, "choice")
    send(browser, card, chosen="b")
    card.question.spec = {"options": [{"id": "z", "text_html": "new", "correct": True, "note_html": ""}]}
    card.question.save()
    row = ReviewLog.objects.get(card=card, kind="review")
    assert 'data-correct="1"' in text(browser.get(reverse("reviews:verdict", args=[row.pk])))


def test_the_time_taken_is_noted_and_an_absence_is_capped(browser: Client, user: User) -> None:
    card = card_of(user)
    send(browser, card, **RIGHT["numeric"], shown="1000")
    assert ReviewLog.objects.get(card=card, kind="review").duration_ms == 600_000


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"revision": "1"},
        {"revision": "x", "key": "k"},
        {"revision": "٣", "key": "k"},
        {"revision": "1", "key": "\x00"},
    ],
)
def test_a_form_that_is_not_ours_is_a_bad_request(browser: Client, user: User, form: dict[str, str]) -> None:
    response = browser.post(reverse("reviews:answer", args=[card_of(user).pk]), form | RIGHT["numeric"])
    assert response.status_code == 400


@pytest.mark.parametrize("name", ["card", "answer", "undo", "suspend", "resume", "bury"])
def test_another_learners_card_is_not_found(browser: Client, name: str) -> None:
    card = make_card(at=timezone.now())
    send_it = browser.get if name == "card" else browser.post
    response = send_it(reverse(f"reviews:{name}", args=[card.pk]), {"revision": "1", "key": "k"} | RIGHT["numeric"])
    assert response.status_code == 404


@pytest.mark.parametrize(("name", "method"), [("verdict", "get"), ("rate", "post")])
def test_another_learners_answer_is_not_found(browser: Client, name: str, method: str) -> None:
    row = answer_card(make_card())
    response = getattr(browser, method)(reverse(f"reviews:{name}", args=[row.pk]), {"rating": "4", "key": "k"})
    assert response.status_code == 404


def test_a_stranger_is_asked_to_log_in(client: Client) -> None:
    response = client.get(reverse("reviews:session"))
    assert response.status_code == 302
    assert reverse("account_login") in response.headers["Location"]


def test_pages_hold_no_inline_script_or_style(browser: Client, user: User) -> None:
    card = card_of(user, "choice")
    pages = [text(browser.get(reverse("reviews:session"))), text(send(browser, card, chosen="a"))]
    for page in pages:
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"\sstyle=|<style|\son\w+=", page)


def test_evidence_and_the_roadmap_are_taken_up_when_a_session_opens(
    browser: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []
    monkeypatch.setattr(services, "take_up_evidence", lambda learner: called.append(("evidence", learner)))
    monkeypatch.setattr(services, "introduce_roadmap", lambda learner: called.append(("roadmap", learner)))
    browser.get(reverse("reviews:session"))
    assert called[:2] == [("evidence", user), ("roadmap", user)]
