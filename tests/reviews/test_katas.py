"""A card whose answer is code: sent to the labs, judged there, and scheduled with the time it took."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fsrs import Rating
from pytest_django.fixtures import Settings

from curriculum.loading import BrokenContentError
from curriculum.models import Question
from labs import dispatch
from labs.models import Draft, Lab, Submission
from residual.accounts.models import User
from residual.portability import content
from residual.progress import services as progress
from residual.progress.models import Completion
from residual.reviews import ledger, services
from residual.reviews.entries import replay
from residual.reviews.kinds.kata import rating
from residual.reviews.models import Card, KataRun, ReviewLog
from residual.reviews.queries import due, due_count, today
from tests.factories import SOURCE, make_lab
from tests.factories_reviews import answer_card, make_card, make_question, make_user
from tests.labs.fake_runner import TOKEN, FakeRunner

pytestmark = pytest.mark.django_db
CODE = SOURCE + "# mine\n"


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> FakeRunner:
    settings.RUNNER_TOKEN = TOKEN
    monkeypatch.setattr(dispatch, "ring", lambda _submission: None)
    return FakeRunner()


@pytest.fixture
def lab() -> Lab:
    return make_lab("attention-lab")


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def browser(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def kata_of(user: User, lab: Lab, **spec: object) -> Card:
    whole = {"lab": lab.pk, "checks": ["values"], "minutes": 5, "start": "# start here\n", "solution": "def f(): ..."}
    return make_card(user, make_question("kata", spec=whole | spec, core=False), timezone.now())


def send(browser: Client, card: Card, code: str = CODE, key: str = "k", ago: int = 100) -> str:
    """Send code as the form does, shown `ago` seconds before; the address that the browser is led to."""
    card.refresh_from_db()
    shown = int((timezone.now() - timedelta(seconds=ago)).timestamp() * 1000)
    form = {"revision": card.revision, "key": key, "shown": shown, "code": code}
    response = browser.post(reverse("reviews:answer", args=[card.pk]), form)
    return response.headers.get("Location", response.content.decode())


def page(browser: Client, address: str) -> str:
    return browser.get(address, follow=True).content.decode()


def test_the_page_shows_what_will_be_checked_and_where_to_write(browser: Client, user: User, lab: Lab) -> None:
    kata_of(user, lab)
    shown = page(browser, reverse("reviews:session"))
    assert "# start here" in shown
    assert "The values are right" in shown
    assert "The shapes are right" not in shown
    assert "Run the checks" in shown


def test_while_it_is_judged_the_page_says_so_and_comes_back(
    browser: Client, user: User, lab: Lab, runner: FakeRunner
) -> None:
    del runner  # nobody has claimed it yet
    address = send(browser, kata_of(user, lab))
    shown = page(browser, address)
    assert "data-poll" in shown
    assert '<noscript><meta http-equiv="refresh"' in shown
    sent = Submission.objects.get()
    assert (sent.source, sent.checks, sent.lab) == (CODE, ["values"], lab)
    assert not Draft.objects.exists()  # the bench keeps what was on it


def test_what_passes_becomes_the_answer_once(browser: Client, user: User, lab: Lab, runner: FakeRunner) -> None:
    card = kata_of(user, lab)
    address = send(browser, card)
    runner.judge(values="passed")
    for _ in range(2):
        assert 'data-correct="1"' in page(browser, address)
    row = ReviewLog.objects.get(kind="review")
    assert (row.rating, row.correct, row.machine_graded, row.revealed) == (Rating.Easy, True, True, False)
    assert 100_000 <= row.duration_ms < 110_000  # type: ignore[operator]  # it is there
    card.refresh_from_db()
    assert replay(ledger.entries(card)) == card.snapshot()


def test_what_fails_says_why_and_keeps_the_code(browser: Client, user: User, lab: Lab, runner: FakeRunner) -> None:
    card = kata_of(user, lab)
    address = send(browser, card, ago=60)
    runner.judge(values="failed")
    shown = page(browser, address)
    assert 'id="failed"' in shown
    assert "The values are right" in shown
    assert "# mine" in shown
    assert "data-keep" in shown
    assert not ReviewLog.objects.filter(kind="review").exists()


def test_a_second_run_is_harder_won_and_its_time_runs_from_the_first_showing(
    browser: Client, user: User, lab: Lab, runner: FakeRunner
) -> None:
    card = kata_of(user, lab)
    send(browser, card, key="first", ago=120)
    runner.judge(values="failed")
    address = send(browser, card, key="second", ago=1)
    runner.judge(values="passed")
    page(browser, address)
    row = ReviewLog.objects.get(kind="review")
    assert row.rating == Rating.Hard
    assert row.duration_ms >= 120_000  # type: ignore[operator]  # it is there


@pytest.mark.parametrize(
    ("runs", "seconds", "expected"),
    [(1, 100, Rating.Easy), (1, 200, Rating.Good), (1, 301, Rating.Hard), (2, 10, Rating.Hard)],
)
def test_the_rating_is_of_runs_and_time(runs: int, seconds: float, expected: Rating) -> None:
    assert rating(runs, seconds, 5) == expected


def test_a_failure_of_ours_is_no_run_of_theirs(browser: Client, user: User, lab: Lab, runner: FakeRunner) -> None:
    card = kata_of(user, lab)
    address = send(browser, card, key="first")
    Submission.objects.update(status="done", verdict="infra_error")
    assert "That was our side" in page(browser, address)
    address = send(browser, card, key="second")
    runner.judge(values="passed")
    page(browser, address)
    assert ReviewLog.objects.get(kind="review").rating == Rating.Easy


def test_code_that_can_not_be_read_is_asked_again_with_its_words(browser: Client, user: User, lab: Lab) -> None:
    shown = send(browser, kata_of(user, lab), code="def broken(:\n    # kept")
    assert 'id="problem"' in shown
    assert "# kept" in shown
    assert not Submission.objects.exists()


def test_the_same_press_twice_is_one_run(browser: Client, user: User, lab: Lab, runner: FakeRunner) -> None:
    del runner  # nobody has claimed it yet
    card = kata_of(user, lab)
    assert send(browser, card) == send(browser, card)
    assert (KataRun.objects.count(), Submission.objects.count()) == (1, 1)


def test_giving_up_counts_as_again_and_shows_a_solution(browser: Client, user: User, lab: Lab) -> None:
    card = kata_of(user, lab)
    form = {"revision": card.revision, "key": "k", "give_up": "1", "code": "half of it"}
    shown = browser.post(reverse("reviews:answer", args=[card.pk]), form, follow=True).content.decode()
    assert "Now you know" in shown
    assert ReviewLog.objects.get(kind="review").rating == Rating.Again
    assert due(user) == []


def test_a_run_that_comes_too_late_loses_nothing(browser: Client, user: User, lab: Lab, runner: FakeRunner) -> None:
    card = kata_of(user, lab)
    address = send(browser, card)
    services.bury(user, card.pk, card.revision, "b")
    runner.judge(values="passed")
    response = browser.get(address)
    assert response.status_code == 409
    assert "# mine" in response.content.decode()


def test_nobody_sees_another_learners_run(browser: Client, lab: Lab, client: Client, runner: FakeRunner) -> None:
    del runner  # nobody claims it
    other = make_user()
    card = kata_of(other, lab)
    form = services.Submission(card.revision, "k")
    run = services.run_kata(other, card.pk, form, CODE, timezone.now())
    assert browser.get(reverse("reviews:run", args=[run.pk])).status_code == 404
    assert client.get(reverse("reviews:run", args=[run.pk])).status_code == 404


def test_one_kata_a_day_comes_last_and_the_minutes_do_not_count_it(user: User, lab: Lab) -> None:
    first, _second = kata_of(user, lab), kata_of(user, lab)
    quick = make_card(user, at=timezone.now())
    assert due(user) == [quick, first]
    assert (due_count(user), today(user).katas) == (2, 1)
    answer_card(first, at=timezone.now(), answer=None, duration_ms=3_000_000)
    assert due(user) == [quick]
    assert today(user).new == 1


def test_a_kata_must_name_checks_that_the_catalogue_holds(monkeypatch: pytest.MonkeyPatch, lab: Lab) -> None:
    monkeypatch.setattr(content, "ROOMS", {})
    make_question("kata", spec={"lab": lab.pk, "checks": ["values", "gone"]})
    with pytest.raises(BrokenContentError) as broken:
        content.sync(timezone.now())
    assert "all the checks that this kata names" in str(broken.value.errors[0])
    Question.objects.update(spec={"lab": lab.pk, "checks": []})
    content.sync(timezone.now())


def whole_lab(lab: Lab) -> Question:
    spec = {"lab": lab.pk, "checks": [], "minutes": 20, "start": "", "solution": ""}
    return make_question("kata", spec=spec, core=False, skill="attention.whole")


def passed_days_ago(user: User, lab: Lab, days: int) -> None:
    progress.complete(user, "lab", lab.pk, source="submission:1")
    Completion.objects.filter(user=user, ref=lab.pk).update(completed_at=timezone.now() - timedelta(days=days))


@pytest.mark.parametrize(("days", "cards"), [(15, 1), (13, 0)])
def test_a_whole_lab_comes_again_two_weeks_after_its_pass(user: User, lab: Lab, days: int, cards: int) -> None:
    question = whole_lab(lab)
    assert services.introduce_labs_again(user) == 0
    passed_days_ago(user, lab, days)
    assert services.introduce_labs_again(user) == cards
    assert services.introduce_labs_again(user) == 0
    assert Card.objects.filter(user=user, question=question).count() == cards


def test_opening_the_session_asks_for_the_lab_that_is_due_again(
    browser: Client, user: User, lab: Lab, runner: FakeRunner
) -> None:
    question = whole_lab(lab)
    passed_days_ago(user, lab, 20)
    shown = page(browser, reverse("reviews:session"))
    for words in ("The values are right", "The shapes are right", "What it asks for", lab.get_absolute_url()):
        assert words in shown
    address = send(browser, Card.objects.get(question=question), ago=15 * 60)
    runner.judge(values="passed", shapes="passed")
    assert 'data-correct="1"' in page(browser, address)
    row = ReviewLog.objects.get(kind="review")
    assert row.rating == Rating.Good
    assert row.duration_ms >= 900_000  # type: ignore[operator]  # it is there


def test_neither_a_quiz_nor_a_slip_asks_for_a_whole_lab(browser: Client, user: User, lab: Lab) -> None:
    question = whole_lab(lab)
    assert services.start_quiz(user, question.about) == 0
    progress.record_evidence(user, question.skill, "it failed values")
    assert services.take_up_evidence(user) == 0
    shown = browser.get(question.about.quiz_url).content.decode()
    assert "two weeks after you pass its lab" in shown
    assert 'id="start-quiz"' not in shown
