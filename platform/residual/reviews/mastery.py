"""*Learned* and *kept*, as the weekly table counts them.

Learned: every core question answered right once, without its answer having been shown. A self-graded question counts
when its learner rates it Hard or better.

Kept: at least 80 % of the core questions that a machine grades were right, unaided, on their latest due review after
seven or more elapsed days, and have been right on two study days. Early and same-session answers never count. Neither
share ever falls: `progress` keeps the highest.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from curriculum.models import Question
from curriculum.queries import questions
from residual.accounts.models import User
from residual.progress import services as progress
from residual.progress.models import Completion
from residual.reviews.grading import is_machine_graded
from residual.reviews.models import ReviewLog
from residual.reviews.queries import effective
from residual.reviews.snapshot import State

KEPT_SHARE: Final = 0.8
KEPT_AFTER_DAYS: Final = 7
KEPT_STUDY_DAYS: Final = 2

Histories = Mapping[str, Sequence[ReviewLog]]  # question id -> its reviews that still count, in order


def credit(user: User, question: Question, row: ReviewLog) -> None:
    """Bring the quiz's two completions up to date after an answer to one of its questions."""
    if not question.core:
        return
    core = list(questions(question.about_id).filter(core=True))
    histories = _histories(user, core)
    source = f"review:{row.pk}"
    _record(user, Completion.Kind.QUIZ_LEARNED, question.about_id, learned_share(core, histories), source)
    _record(user, Completion.Kind.QUIZ_KEPT, question.about_id, kept_share(core, histories), source)


def learned_share(core: Sequence[Question], histories: Histories) -> float:
    return sum(is_learned(histories.get(question.pk, ())) for question in core) / len(core) if core else 0.0


def kept_share(core: Sequence[Question], histories: Histories) -> float:
    """1 when enough questions are kept; below that, how far it is."""
    gradable = [question for question in core if is_machine_graded(question.kind)]
    needed = math.ceil(KEPT_SHARE * len(gradable))
    kept = sum(is_kept(histories.get(question.pk, ())) for question in gradable)
    return min(1.0, kept / needed) if needed else 0.0


def is_learned(reviews: Sequence[ReviewLog]) -> bool:
    return any(review.correct and not review.revealed for review in reviews)


def is_kept(reviews: Sequence[ReviewLog]) -> bool:
    due = [review for review in reviews if _counts_for_kept(review)]
    right_days = {review.study_day for review in reviews if _unaided(review)}
    return bool(due) and _unaided(due[-1]) and len(right_days) >= KEPT_STUDY_DAYS


def _counts_for_kept(review: ReviewLog) -> bool:
    waited = review.elapsed_days is not None and review.elapsed_days >= KEPT_AFTER_DAYS
    return waited and not review.early and review.state_before == State.REVIEW


def _unaided(review: ReviewLog) -> bool:
    return bool(review.correct) and review.machine_graded and not review.revealed


def _histories(user: User, core: Sequence[Question]) -> Histories:
    rows = ReviewLog.objects.filter(user=user, card__question__in=core).select_related("card").order_by("card", "seq")
    by_question: dict[str, list[ReviewLog]] = defaultdict(list)
    for row in effective(rows):
        by_question[row.card.question_id].append(row)
    return by_question


def _record(user: User, kind: str, about_id: str, share: float, source: str) -> None:
    if share >= 1:
        progress.complete(user, kind, about_id, source=source)
    elif share > 0:
        progress.record_share(user, kind, about_id, share, source=source)
