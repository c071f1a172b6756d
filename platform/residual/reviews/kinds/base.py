"""What every kind of question provides."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from curriculum.expressions import ExpressionError

MAX_TEXT: Final = 200

Spec = dict[str, Any]  # an instance's spec, as docs/content.md describes it for each kind
Answer = Mapping[str, Any]  # JSON: what the log keeps
T = TypeVar("T")


class Unreadable(Exception):  # noqa: N818 - it is not an error of ours, and the name is what the learner is told
    """We can't tell what was answered. The message is for the learner, who may simply try again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`notes` is safe HTML: feedback on the foreseeable mistake, if it was one. `wrong` names the wrong parts."""

    correct: bool
    notes: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    template: str
    read: Callable[[QueryDict], Answer]
    grade: Callable[[Spec, Answer], Verdict] | None  # None: the learner grades
    right: Callable[[Spec], SafeString]
    present: Callable[[Spec, int, Answer], dict[str, Any]]


def text_of(answer: Answer, key: str = "text") -> str:
    """The typed text under `key`, checked to be one that can be read and stored. Raises Unreadable."""
    return clean(answer.get(key))


def clean(value: object) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""  # every kind of blank becomes a plain one
    if not text:
        raise Unreadable(_("There is no answer yet. Write one, or choose “Show the answer”."))
    if len(text) > MAX_TEXT:
        raise Unreadable(_("That is longer than %(limit)d characters. A shorter answer will do.") % {"limit": MAX_TEXT})
    if not text.isprintable():
        raise Unreadable(_("That holds a character that can't be shown. Type the answer instead of pasting it."))
    return text


def first_note(notes: Iterable[Mapping[str, Any]], matches: Callable[[Any], bool]) -> tuple[str, ...]:
    """The note of the first foreseeable answer that `matches` accepts."""
    return next(((note["note_html"],) for note in notes if matches(note["answer"])), ())


def computed(compute: Callable[[], T]) -> T:
    """Run a computation on what the learner typed; what the parser refuses is unreadable and not wrong."""
    try:
        return compute()
    except ExpressionError as error:
        raise Unreadable(str(error)) from None


def shuffled(items: Sequence[T], seed: int) -> list[T]:
    """The same order for the same seed, so that a page can be drawn again."""
    order = list(items)
    random.Random(seed).shuffle(order)  # noqa: S311 - the order of options is no secret
    return order


def read_text(data: QueryDict) -> Answer:
    return {"text": data.get("text", "")}


def present_text(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
    del seed  # a text field has nothing to shuffle
    return {"text": answer.get("text", ""), "unit": spec.get("unit", "")}


def code(text: object) -> SafeString:
    return format_html("<code>{}</code>", text)


def trusted(html: str) -> SafeString:
    """HTML of the content, cleaned when it was synced."""
    return mark_safe(html)  # noqa: S308 - nh3 has been over it at sync; learners can't write there
