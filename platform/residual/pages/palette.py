"""What the command palette offers to one person: places, and things to do. Small, since it travels as one JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NotRequired, TypedDict

from django.urls import reverse
from django.utils.translation import gettext as _

from curriculum.models import Paper, Phase, Topic, Week
from labs.queries import live_labs
from residual.accounts.models import User


class Entry(TypedDict):
    """Either `url` leads somewhere, or `press` is the id of a button or form of the page's own frame."""

    title: str
    kind: str
    url: NotRequired[str]
    press: NotRequired[str]
    words: NotRequired[str]  # also searched, not shown


def entries(user: User | None) -> list[Entry]:
    return [*_actions(user), *_weeks(), *_labs(), *_phases(), *_papers(), *_topics()]


def _actions(user: User | None) -> Iterator[Entry]:
    kind = _("Action")
    for title, name in _learner_places() if user else _visitor_places():
        yield {"title": title, "kind": kind, "url": reverse(name)}
    for title, name in _places():
        yield {"title": title, "kind": _("Page"), "url": reverse(name)}
    for title, button in (
        (_("Light theme"), "theme-light"),
        (_("Dark theme"), "theme-dark"),
        (_("Theme as the system"), "theme-auto"),
        (_("Keyboard shortcuts"), "open-keys"),
    ):
        yield {"title": title, "kind": kind, "press": button}
    if user:
        yield {"title": _("Log out"), "kind": kind, "press": "log-out"}


def _learner_places() -> tuple[tuple[str, str], ...]:
    return (
        (_("Start reviewing"), "reviews:session"),
        (_("Today"), "home"),
        (_("Settings"), "account_settings"),
        (_("Limits and settings of reviews"), "reviews:preset"),
        (_("Change your password"), "account_change_password"),
        (_("Email addresses"), "account_email"),
    )


def _visitor_places() -> tuple[tuple[str, str], ...]:
    return (_("Sign up"), "account_signup"), (_("Log in"), "account_login"), (_("Home"), "home")


def _places() -> tuple[tuple[str, str], ...]:
    return (
        (_("Roadmap"), "weeks"),
        (_("Phases"), "phases"),
        (_("Map"), "map"),
        (_("Labs"), "labs:index"),
        (_("Papers"), "papers"),
        (_("Search"), "search"),
        (_("How it works"), "start"),
        (_("System status"), "status"),
    )


def _weeks() -> Iterator[Entry]:
    kind = _("Week")
    for number, topic, title, slug in Week.objects.live().values_list("number", "topic", "title", "slug"):
        name = _("Week %(number)d: %(title)s") % {"number": number, "title": topic}
        yield {"title": name, "kind": kind, "url": reverse("week", args=[slug]), "words": title}


def _phases() -> Iterator[Entry]:
    kind = _("Phase")
    for number, title, slug in Phase.objects.live().values_list("number", "title", "slug"):
        name = _("Phase %(number)d: %(title)s") % {"number": number, "title": title}
        yield {"title": name, "kind": kind, "url": reverse("phase", args=[slug])}


def _labs() -> Iterator[Entry]:
    kind = _("Lab")
    for title, slug in live_labs().values_list("title", "slug"):
        yield {"title": title, "kind": kind, "url": reverse("labs:lab", args=[slug])}


def _papers() -> Iterator[Entry]:
    kind = _("Paper")
    for title, authors, year, slug in Paper.objects.live().values_list("title", "authors", "year", "slug"):
        words = f"{authors.split(',')[0]} {year}"
        yield {"title": title, "kind": kind, "url": reverse("paper", args=[slug]), "words": words}


def _topics() -> Iterator[Entry]:
    kind = _("Topic")
    for title, slug in Topic.objects.live().values_list("title", "slug"):
        yield {"title": title, "kind": kind, "url": reverse("topic", args=[slug])}
