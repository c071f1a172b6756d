"""Taking an answer: judged, scheduled, logged and credited in one transaction, once per idempotency key."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from fsrs import Rating

from curriculum.questions import instance
from residual.accounts.models import User
from residual.reviews import ledger, mastery, queries, scheduler
from residual.reviews.entries import Reviewed, Undone
from residual.reviews.grading import Answer, Unreadable, grade, is_machine_graded
from residual.reviews.ledger import Happening
from residual.reviews.models import Card, ReviewLog
from residual.reviews.presets import preset_of
from residual.reviews.services.consequences import cover, put_leech_away
from residual.reviews.spreading import Load
from residual.reviews.study_calendar import StudyCalendar


@dataclass(frozen=True, slots=True)
class Submission:
    """One press of a button. `revision` is the card's when the form was drawn; `answer` is None for giving up."""

    revision: int
    key: str
    answer: Answer | None = None
    rating: Rating | None = None  # by the learner, for a self-graded question
    duration_ms: int | None = None


class Conflict(Exception):  # noqa: N818 - what HTTP calls it
    """The card has moved on since the form was drawn. Nothing was written; the submission comes back whole."""

    def __init__(self, card: Card, submission: Submission) -> None:
        super().__init__(f"card {card.pk} is at revision {card.revision}, not {submission.revision}")
        self.card = card
        self.submission = submission


def answer(user: User, card_id: int, submission: Submission, now: datetime | None = None) -> ReviewLog:
    """Take an answer and return its row; the same key again returns the same row and does nothing more.

    A right one puts off what it covers, and a lapse too many puts the card away where the preset says so.

    Raises Card.DoesNotExist for anybody else's card, Conflict for a stale form, and Unreadable, which costs nothing.
    """
    with transaction.atomic():
        card = ledger.locked(user, card_id)
        done = ReviewLog.objects.filter(user=user, idempotency_key=submission.key).first()
        if done is not None and done.card_id == card.pk:
            return done
        if done is not None or card.revision != submission.revision:
            raise Conflict(card, submission)
        happening = Happening.now(user, submission.key, now)
        return record(user, card, happening, _judged(card, submission, happening))


def record(user: User, card: Card, happening: Happening, columns: dict[str, Any]) -> ReviewLog:
    """Write a judged answer with all that it brings about. The caller holds the card's lock."""
    row = _append(user, card, happening, columns)
    cover(user, row, card.question)
    put_leech_away(card, row)
    mastery.credit(user, card.question, row)
    return row


def rerate(user: User, row_id: int, rating: Rating, key: str, now: datetime | None = None) -> ReviewLog:
    """Give a right answer another passing rating: the row is taken back and written anew, as of the same instant.

    Only the card's last row can be rated again, on its own study day. Raises ReviewLog.DoesNotExist, Conflict, or
    Unreadable where the rating contradicts what the machine saw.
    """
    with transaction.atomic():
        row = ReviewLog.objects.get(pk=row_id, user=user, kind=ReviewLog.Kind.REVIEW)
        card = ledger.locked(user, row.card_id)
        done = ReviewLog.objects.filter(user=user, idempotency_key=key, card=card).first()
        if done is not None:
            return done
        if card.revision != row.seq or row.study_day != user.study_day(now):
            raise Conflict(card, Submission(row.seq, key, row.answer, rating))
        if not row.correct or rating == Rating.Again:
            raise Unreadable(_("Only a right answer can be rated Hard, Good or Easy. Undo takes an answer back."))
        ledger.append(card, Undone(row.seq), Happening(row.at, row.study_day, f"{key}:undo"), undoes=row.seq)
        return _append(user, card, Happening(row.at, row.study_day, key), _again(row, rating), ledger.entry_load(row))


def _append(
    user: User, card: Card, happening: Happening, columns: dict[str, Any], load: Load | None = None
) -> ReviewLog:
    """Schedule and write the answer. `load` is given where an answer of before is written anew."""
    preset, calendar = preset_of(user), StudyCalendar.of(user)
    before, parameters = card.snapshot(), preset.parameters()
    load = queries.load_around(user, card, happening.day, parameters) if load is None else load
    entry = Reviewed(
        rating=Rating(columns["rating"]),
        at=happening.at,
        calendar=calendar,
        parameters=parameters,
        fuzz_key=ledger.fuzz_key(card.pk, card.revision + 1),
        load=load,
    )
    return ledger.append(
        card,
        entry,
        happening,
        **columns,
        early=scheduler.is_early(before, happening.day),
        elapsed_days=scheduler.elapsed_days(before, happening.day),
        question_digest=card.question.digest,
        model_version=scheduler.MODEL_VERSION,
        weights=list(parameters.weights),
        preset_version=preset.version,
        preset=parameters.to_json() | asdict(calendar) | {"load": ledger.load_json(load)},
    )


def _judged(card: Card, submission: Submission, happening: Happening) -> dict[str, Any]:
    """The columns that say what was answered and how it was judged."""
    seed = ledger.seed_for(card)
    common = {"seed": seed, "answer": submission.answer, "duration_ms": submission.duration_ms}
    if not is_machine_graded(card.question.kind):
        return common | _self_graded(submission)
    if submission.answer is None:
        return common | {"rating": Rating.Again, "correct": False, "revealed": True, "machine_graded": True}
    drawn = instance(card.question, seed)
    verdict = grade(card.question.kind, drawn.spec, submission.answer)
    return common | {
        "rating": Rating.Good if verdict.correct else Rating.Again,
        "correct": verdict.correct,
        "revealed": was_seen(card, happening),
        "machine_graded": True,
    }


def _self_graded(submission: Submission) -> dict[str, Any]:
    if submission.rating is None:
        raise Unreadable(_("Say how well you knew it: Again, Hard, Good or Easy."))
    return {"rating": submission.rating, "correct": submission.rating != Rating.Again, "machine_graded": False}


def was_seen(card: Card, happening: Happening) -> bool:
    """An answer taken back today has been shown; only fresh numbers make the question a question again."""
    if "generator" in card.question.spec:
        return False
    return ReviewLog.objects.filter(card=card, kind=ReviewLog.Kind.UNDO, study_day=happening.day).exists()


def _again(row: ReviewLog, rating: Rating) -> dict[str, Any]:
    """The columns of `row` with another rating. Its time stays with the row that is taken back: it was spent once."""
    kept = ("seed", "answer", "correct", "revealed", "machine_graded")
    return {name: getattr(row, name) for name in kept} | {"rating": rating}
