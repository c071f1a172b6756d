"""What the templates of a review show: a question as it is asked, and an answer as it was judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from fsrs import Rating

from curriculum.models import Question
from curriculum.questions import Instance, instance
from labs.models import LabCheck
from labs.queries import labs_of_skill
from residual.reviews import grading, ledger, queries, scheduler
from residual.reviews.grading import Answer, Unreadable, Verdict
from residual.reviews.kinds.base import code, trusted
from residual.reviews.kinds.cloze import PREFIX
from residual.reviews.leeches import is_leech
from residual.reviews.models import RATINGS, Card, Preset, ReviewLog
from residual.reviews.snapshot import Snapshot, State

_BLANK: Final = re.compile(r"\[\[([A-Za-z0-9_-]+)\]\]")


@dataclass(frozen=True, slots=True)
class Button:
    """A rating that can be given, and how long the card then stays away."""

    value: int
    label: str
    interval: str


def asked(card: Card, answer: Answer | None = None) -> dict[str, Any]:
    """The card as its next presentation shows it; `answer` is what was typed before, if it could not be read."""
    seed = ledger.seed_for(card)
    drawn = instance(card.question, seed)
    shown = grading.presentation(card.question.kind, drawn.spec, seed, answer)
    return {
        "card": card,
        "prompt": _with_blanks(drawn, _input(shown)),
        "labs": labs_of_skill(card.question.skill),
        "kind_template": grading.KINDS[card.question.kind].template,
        "kata": _kata(card.question),
        "self_graded": not grading.is_machine_graded(card.question.kind),
        **shown,
    }


def _kata(question: Question) -> dict[str, Any] | None:
    """The lab that judges a kata, and what it will check; nothing for any other kind."""
    if question.kind != Question.Kind.KATA:
        return None
    checks = LabCheck.objects.filter(lab=question.spec["lab"], retired_at__isnull=True).select_related("lab")
    wanted = list(checks.filter(cid__in=question.spec["checks"]) if question.spec["checks"] else checks)
    return {"lab": wanted[0].lab if wanted else None, "checks": wanted}


def revealed(card: Card, preset: Preset) -> dict[str, Any]:
    """The answer and explanation of the next presentation, with the four ratings, for the learner to grade."""
    drawn = instance(card.question, ledger.seed_for(card))
    today = card.user.study_day()
    key = ledger.fuzz_key(card.pk, card.revision + 1)
    load = queries.load_around(card.user, card, today, preset.parameters())
    intervals = scheduler.preview(card.snapshot(), today, preset.parameters(), key, load)
    return {
        "right_answer": grading.right_answer(card.question.kind, drawn.spec),
        "explanation": trusted(drawn.explanation_html),
        "ratings": [Button(value, str(label), interval_words(intervals[Rating(value)])) for value, label in RATINGS],
    }


def judged(row: ReviewLog) -> dict[str, Any]:
    """An answer of the log with its verdict. The log's own verdict stands, even if the question has changed since."""
    question = row.card.question
    drawn = instance(question, row.seed or 0)
    verdict = replace(_verdict(question.kind, drawn, row.answer), correct=bool(row.correct))
    shown = grading.presentation(question.kind, drawn.spec, row.seed or 0, row.answer)
    return {
        "row": row,
        "card": row.card,
        "labs": labs_of_skill(question.skill),
        "prompt": _with_blanks(drawn, _filled(shown)),
        "given": _given(shown) if row.answer else "",
        "correct": verdict.correct,
        "gave_up": row.machine_graded and row.answer is None,
        "notes": [] if verdict.correct else [trusted(note) for note in verdict.notes],
        "right_answer": grading.right_answer(question.kind, drawn.spec),
        "explanation": trusted(drawn.explanation_html),
        "comes_back": _comes_back(row),
        "spared": ReviewLog.objects.filter(caused_by=row.pk, kind=ReviewLog.Kind.COVERED).count(),
    }


def sticking_point(row: ReviewLog, preset: Preset) -> dict[str, Any]:
    """What the verdict says of a question that was known and lost too often; nothing for any other."""
    after = Snapshot.from_json(row.after)
    if row.correct or not is_leech(after.lapses, preset.leech_lapses):
        return {}
    return {"lapses": after.lapses, "put_away": row.card.suspended}


def passing_ratings(row: ReviewLog, preset: Preset) -> list[Button]:
    """The other ratings that a right answer may be given, as if it had been given them at once."""
    before = Snapshot.from_json(row.before)
    key = ledger.fuzz_key(row.card_id, row.seq + 2)  # rating again adds the row that undoes, then the new one
    load = ledger.entry_load(row)
    intervals = scheduler.preview(before, row.study_day, preset.parameters(), key, load)
    return [
        Button(value, str(label), interval_words(intervals[Rating(value)]))
        for value, label in RATINGS
        if value not in (Rating.Again, row.rating)
    ]


def milliseconds(at: datetime) -> int:
    """Since 1970, as a form carries it."""
    return int(at.timestamp() * 1000)


def interval_words(interval: timedelta) -> str:
    minutes = round(interval.total_seconds() / 60)
    if interval.days:
        return ngettext("%(count)d day", "%(count)d days", interval.days) % {"count": interval.days}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def _comes_back(row: ReviewLog) -> str:
    after = Snapshot.from_json(row.after)
    if after.state == State.REVIEW:
        return interval_words(after.due_day - row.study_day)
    return interval_words(after.due - row.at)


def _verdict(kind: str, drawn: Instance, answer: Answer | None) -> Verdict:
    if answer is None or not grading.is_machine_graded(kind):
        return Verdict(correct=False)
    try:
        return grading.grade(kind, drawn.spec, answer)
    except Unreadable:  # the question was rewritten since: its notes no longer speak of this answer
        return Verdict(correct=False)


def _given(shown: Mapping[str, Any]) -> SafeString | str:
    """What was answered, where the page does not show it in place."""
    if "given" in shown:
        words: SafeString | str = shown["given"]
        return words
    if "options" in shown:
        chosen = [(trusted(option["text_html"]),) for option in shown["options"] if option["id"] in shown["chosen"]]
        return format_html_join(", ", "{}", chosen)
    if "steps" in shown:
        placed = sorted(shown["steps"], key=lambda step: int(step["place"] or 0))
        lines = format_html_join("", "<li>{}</li>", ((trusted(step["text_html"]),) for step in placed))
        return format_html("<ol>{}</ol>", lines)
    return code(shown["text"]) if shown.get("text") else ""


def _with_blanks(drawn: Instance, blank: Callable[[str], str]) -> SafeString:
    html = _BLANK.sub(lambda found: blank(found[1]), drawn.prompt_html)
    return mark_safe(html)  # noqa: S308 - content cleaned at sync; what is filled in is escaped by format_html


def _input(shown: Mapping[str, Any]) -> Callable[[str], str]:
    blanks = {blank["id"]: (number, blank["text"]) for number, blank in enumerate(shown.get("blanks", ()), start=1)}

    def field(name: str) -> str:
        if name not in blanks:
            return f"[[{name}]]"
        number, text = blanks[name]
        return format_html(
            '<input class="blank" name="{}{}" value="{}" maxlength="200" aria-label="{}" autocomplete="off"'
            ' autocapitalize="off" spellcheck="false">',
            PREFIX,
            name,
            text,
            _("Blank %(number)d") % {"number": number},
        )

    return field


def _filled(shown: Mapping[str, Any]) -> Callable[[str], str]:
    blanks = {blank["id"]: blank["text"] for blank in shown.get("blanks", ())}

    def text(name: str) -> str:
        return format_html("<strong>[{}]</strong>", blanks.get(name) or "…")

    return text
