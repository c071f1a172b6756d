"""Steps to be put in order. Each step takes a number, which works without JavaScript and with a screen reader."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from residual.reviews.kinds.base import Answer, Kind, Spec, Unreadable, Verdict, shuffled, trusted

PREFIX = "place_"


def read(data: QueryDict) -> Answer:
    places = {name.removeprefix(PREFIX): data.get(name, "") for name in data if name.startswith(PREFIX)}
    return {"places": places}


def grade(spec: Spec, answer: Answer) -> Verdict:
    order = _order(spec, answer)
    if order == [step["id"] for step in spec["steps"]]:
        return Verdict(correct=True)
    return Verdict(correct=False, notes=_notes(spec, order))


def _order(spec: Spec, answer: Answer) -> list[str]:
    """The ids in the learner's order. `places` maps every id to "1", "2", …"""
    places = answer.get("places")
    ids = [step["id"] for step in spec["steps"]]
    expected = [str(number) for number in range(1, len(ids) + 1)]
    if not isinstance(places, dict) or set(places) != set(ids) or sorted(map(str, places.values())) != sorted(expected):
        raise Unreadable(_("Give every step a place of its own, from 1 to %(last)d.") % {"last": len(ids)})
    return sorted(ids, key=lambda step: int(places[step]))


def _notes(spec: Spec, order: list[str]) -> tuple[str, ...]:
    """The first note whose `first` was put before its `second`."""
    swapped = (note for note in spec["notes"] if order.index(note["first"]) < order.index(note["second"]))
    return next(((note["note_html"],) for note in swapped), ())


def right(spec: Spec) -> SafeString:
    lines = format_html_join("", "<li>{}</li>", ((trusted(step["text_html"]),) for step in spec["steps"]))
    return format_html("<ol>{}</ol>", lines)


def present(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
    places = answer.get("places", {})
    steps = [{**step, "place": str(places.get(step["id"], ""))} for step in shuffled(spec["steps"], seed)]
    return {"steps": steps, "places": [str(number) for number in range(1, len(steps) + 1)]}


KIND = Kind("reviews/kinds/ordering.html", read, grade, right, present)
