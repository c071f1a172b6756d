"""The doors of this room: other rooms and our views call these names, and nothing else writes cards or the log."""

from residual.reviews.services.answering import Conflict, Submission, answer, rerate
from residual.reviews.services.erasing import erase_reviews
from residual.reviews.services.evidence import take_up_evidence
from residual.reviews.services.introducing import introduce, introduce_labs_again, introduce_roadmap, start_quiz
from residual.reviews.services.katas import run_kata, settle
from residual.reviews.services.more_time import more_time
from residual.reviews.services.shelving import bury, resume, suspend
from residual.reviews.services.undoing import NothingToUndo, undo

__all__ = [
    "Conflict",
    "NothingToUndo",
    "Submission",
    "answer",
    "bury",
    "erase_reviews",
    "introduce",
    "introduce_labs_again",
    "introduce_roadmap",
    "more_time",
    "rerate",
    "resume",
    "run_kata",
    "settle",
    "start_quiz",
    "suspend",
    "take_up_evidence",
    "undo",
]
