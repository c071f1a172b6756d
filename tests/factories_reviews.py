"""Made-up learners, papers, questions and cards for the tests of spaced review."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from fsrs import Rating

from curriculum.models import Activity, Month, Paper, Question, Week
from residual.accounts.models import User
from residual.reviews import services
from residual.reviews.grading import is_machine_graded
from residual.reviews.models import Card, ReviewLog
from residual.reviews.services import Submission

_numbers = count(1)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)

SPECS: Mapping[str, dict[str, Any]] = {
    "choice": {
        "options": [
            {"id": "a", "text_html": "<em>d</em>", "correct": False, "note_html": "That is <b>one</b> head."},
            {"id": "b", "text_html": "sqrt(d)", "correct": True, "note_html": ""},
            {"id": "c", "text_html": "1", "correct": False, "note_html": ""},
        ]
    },
    "multiple": {
        "options": [
            {"id": "a", "text_html": "q", "correct": True, "note_html": "Queries too."},
            {"id": "b", "text_html": "k", "correct": True, "note_html": ""},
            {"id": "c", "text_html": "x", "correct": False, "note_html": "No x here."},
        ]
    },
    "numeric": {
        "answer": 67108864,
        "rtol": 0.01,
        "atol": 0,
        "unit": "bytes",
        "notes": [{"answer": 33554432, "note_html": "Half: fp16 takes two bytes."}],
    },
    "shape": {
        "answer": [2, 8, 17, 23],
        "notes": [{"answer": [2, 8, 23, 17], "note_html": "Queries index rows."}],
    },
    "expression": {
        "answer": "sqrt(d_k) * x",
        "variables": {"d_k": [1, 9], "x": [0.5, 2]},
        "notes": [{"answer": "d_k * x", "note_html": "That is the variance."}],
    },
    "cloze": {
        "blanks": [
            {"id": "c1", "expression": "sqrt(a)", "variables": {"a": [0.1, 0.9]}, "notes": []},
            {
                "id": "c2",
                "accept": ["noise", "Gaussian noise"],
                "notes": [{"answer": "signal", "note_html": "Reversed."}],
            },
        ]
    },
    "ordering": {
        "steps": [
            {"id": "scale", "text_html": "scale"},
            {"id": "mask", "text_html": "mask"},
            {"id": "softmax", "text_html": "softmax"},
        ],
        "notes": [{"first": "softmax", "second": "mask", "note_html": "The future leaks."}],
    },
    "contrast": {
        "names": {"first": "<em>pre</em>", "second": "post"},
        "rows": [
            {"id": "r1", "text_html": "Is <em>first</em>", "column": "first", "note_html": "It is the first."},
            {"id": "r2", "text_html": "Is both", "column": "both", "note_html": "It is <b>both</b>."},
        ],
    },
    "what_if": {
        "rows": [
            {"id": "r1", "text_html": "heads", "column": "larger", "note_html": "They grow."},
            {"id": "r2", "text_html": "width", "column": "same", "note_html": "It stays."},
        ]
    },
    "claim": {
        "options": [
            {"id": "a", "text_html": "more", "correct": False, "note_html": "The table is silent."},
            {"id": "b", "text_html": "less", "correct": True, "note_html": ""},
        ]
    },
    "bug": {
        "code": "def f(x):\n    y = x < 1\n\n    return y",
        "line": 2,
        "repair": "    y = x > 1",
        "notes": [{"line": 4, "note_html": "Returning is <b>right</b>."}],
    },
    "kata": {"lab": "no-lab", "checks": ["values"], "minutes": 5, "start": "", "solution": ""},
    "self": {"answer_html": "<p>Because of the <b>variance</b>.</p>"},
}
RIGHT: Mapping[str, dict[str, Any]] = {
    "choice": {"chosen": "b"},
    "multiple": {"chosen": ["a", "b"]},
    "numeric": {"text": "2*16*1024**2*2"},
    "shape": {"text": "(2, 8, 17, 23)"},
    "expression": {"text": "x * d_k ** 0.5"},
    "cloze": {"blanks": {"c1": "a**0.5", "c2": "gaussian  Noise"}},
    "ordering": {"places": {"scale": "1", "mask": "2", "softmax": "3"}},
    "contrast": {"rows": {"r1": "first", "r2": "both"}},
    "what_if": {"rows": {"r1": "larger", "r2": "same"}},
    "claim": {"chosen": "b"},
    "bug": {"line": "2"},
}
WRONG: Mapping[str, dict[str, Any]] = {
    "choice": {"chosen": "a"},
    "multiple": {"chosen": ["a", "c"]},
    "numeric": {"text": "16*1024**2*2"},
    "shape": {"text": "2 8 23 17"},
    "expression": {"text": "d_k*x"},
    "cloze": {"blanks": {"c1": "a^0.5", "c2": "signal"}},
    "ordering": {"places": {"scale": "1", "mask": "3", "softmax": "2"}},
    "contrast": {"rows": {"r1": "first", "r2": "neither"}},
    "what_if": {"rows": {"r1": "smaller", "r2": "same"}},
    "claim": {"chosen": "a"},
    "bug": {"line": "4"},
}


def make_user(**fields: Any) -> User:
    number = next(_numbers)
    return User.objects.create_user(f"learner{number}@example.org", "a long enough password", **fields)


def make_paper(**fields: Any) -> Paper:
    number = next(_numbers)
    defaults = {
        "id": f"paper-{number}",
        "slug": f"paper-{number}",
        "title": f"Paper {number}",
        "authors": "A. Author",
        "year": 2017,
        "url": "https://example.org/paper",
        "digest": "d",
    }
    return Paper.objects.create(**(defaults | fields))


def make_question(kind: str = "numeric", paper: Paper | None = None, **fields: Any) -> Question:
    number = next(_numbers)
    blanks = " as [[c1]] and [[c2]]" if kind == "cloze" else ""
    defaults = {
        "id": f"question-{number}",
        "kind": kind,
        "paper": paper if paper or "topic" in fields else make_paper(),
        "skill": f"skill-{number}",
        "source": "Sec. 3.2",
        "core": True,
        "prompt_html": f"<p>Question {number}{blanks}?</p>",
        "explanation_html": "<p>Because.</p>",
        "spec": SPECS[kind],
        "digest": "d",
        "order": number,
    }
    return Question.objects.create(**(defaults | fields))


def make_card(user: User | None = None, question: Question | None = None, at: datetime = MONDAY) -> Card:
    return services.introduce(user or make_user(), [question or make_question()], at)[0]


def make_week(number: int, paper: Paper) -> Week:
    """A week of the roadmap with one reading and one quiz."""
    month, _created = Month.objects.get_or_create(id="month-1", defaults={"number": 1, "title": "M", "digest": "d"})
    week = Week.objects.create(
        id=f"week-{number}", slug=f"week-{number}", month=month, number=number, title="T", topic="T", digest="d"
    )
    common: dict[str, Any] = {"week": week, "title": "x", "minutes": 30, "digest": "d"}
    Activity.objects.create(id=f"reading-{number}", kind="reading", ref=f"reading-{number}", **common)
    Activity.objects.create(id=f"quiz-{number}", kind="quiz", ref=paper.id, paper=paper, **common)
    return week


def answer_card(card: Card, *, right: bool = True, at: datetime = MONDAY, **fields: Any) -> ReviewLog:
    """Answer the card as its learner, at its present revision, with a key of its own."""
    card.refresh_from_db()
    kind = card.question.kind
    given: dict[str, Any] = {"revision": card.revision, "key": f"key-{next(_numbers)}"}
    if is_machine_graded(kind):
        given["answer"] = (RIGHT if right else WRONG).get(kind)  # a kata needs more than a form
    else:
        given["rating"] = Rating.Good if right else Rating.Again
    row = services.answer(card.user, card.pk, Submission(**(given | fields)), at)
    card.refresh_from_db()
    return row


def days(number: float) -> timedelta:
    return timedelta(days=number)
