"""What an answer brings about beyond its own schedule: easier cards put off, and sticking points put away.

Each consequence is a log row of its own that names the answer (`caused_by`), and goes when the answer is taken back.
"""

from __future__ import annotations

from dataclasses import asdict

from curriculum.models import Question
from residual.accounts.models import User
from residual.reviews import ledger
from residual.reviews.covering import may_be_covered
from residual.reviews.entries import Covered, Suspended, Undone
from residual.reviews.ledger import Happening
from residual.reviews.leeches import turned_leech
from residual.reviews.models import Card, ReviewLog
from residual.reviews.presets import preset_of
from residual.reviews.study_calendar import StudyCalendar


def cover(user: User, row: ReviewLog, question: Question) -> int:
    """Put off the due cards that a right, unaided and timely answer covers; return how many."""
    unaided = row.correct and row.machine_graded and not row.revealed and not row.early
    if not (unaided and question.covers):
        return 0
    cards = Card.objects.filter(user=user, question__in=question.covers, suspended=False, due_day__lte=row.study_day)
    locked = [ledger.locked(user, pk) for pk in cards.order_by("pk").values_list("pk", flat=True)]
    due = [card for card in locked if may_be_covered(card.snapshot(), row.study_day)]
    calendar = StudyCalendar.of(user)
    for number, card in enumerate(due, start=1):
        happening = Happening(row.at, row.study_day, f"{row.idempotency_key}:c{number}")
        entry = Covered(row.study_day, calendar)
        ledger.append(card, entry, happening, preset=asdict(calendar), caused_by=row.pk, reason=question.pk)
    return len(due)


def uncover(user: User, row: ReviewLog, key: str) -> None:
    """Take back what the answer `row` covered, where nothing has happened to those cards since."""
    same_answer = ReviewLog.objects.filter(card=row.card_id, study_day=row.study_day).values(
        "pk"
    )  # rated anew, perhaps
    caused = ReviewLog.objects.filter(user=user, caused_by__in=same_answer, kind=ReviewLog.Kind.COVERED)
    for number, cover_row in enumerate(caused.order_by("card"), start=1):
        card = ledger.locked(user, cover_row.card_id)
        if card.revision == cover_row.seq:
            happening = Happening.now(user, f"{key}:c{number}")
            ledger.append(card, Undone(cover_row.seq), happening, undoes=cover_row.seq, caused_by=row.pk)


def put_leech_away(card: Card, row: ReviewLog) -> bool:
    """Suspend a card that has just become a sticking point, where its learner wants that."""
    if card.lapses == row.before["lapses"]:
        return False
    preset = preset_of(card.user)
    if not (preset.suspend_leeches and turned_leech(row.before["lapses"], card.lapses, preset.leech_lapses)):
        return False
    happening = Happening(row.at, row.study_day, f"{row.idempotency_key}:leech")
    ledger.append(card, Suspended(), happening, caused_by=row.pk, reason="leech")
    return True
