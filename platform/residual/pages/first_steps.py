"""The first ten minutes: three steps to a passed lab and a reviewed card, each done by evidence and not by a click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from curriculum.models import Activity
from labs.models import Lab
from labs.queries import live_labs
from residual.accounts.models import User
from residual.progress.models import Completion
from residual.progress.queries import completions
from residual.reviews.models import ReviewLog

FIRST_LAB: Final = "lab-first"
START_PAGE: Final = "start"  # the ref of the completion that a right answer on the start page earns
SHOWN_WHEN_DONE: Final = timedelta(days=2)  # since sign-up


@dataclass(frozen=True, slots=True)
class Step:
    """`state` is "done", "now" (the first that is not done) or "later"."""

    title: str | Promise
    words: str | Promise
    url: str
    button: str | Promise
    minutes: int
    state: str


@dataclass(frozen=True, slots=True)
class Path:
    steps: tuple[Step, ...]

    @property
    def now(self) -> Step | None:
        return next((step for step in self.steps if step.state == "now"), None)


def path_of(user: User) -> Path | None:
    """The learner's path; None once they put it away, some days after all of it is done, and where no lab is loaded."""
    lab = None if user.guide_dismissed_at else _first_lab()
    if lab is None:
        return None
    path = _path(_evidence(user), lab)
    settled = timezone.now() - user.date_joined > SHOWN_WHEN_DONE
    return None if path.now is None and settled else path


def _evidence(user: User) -> dict[str, bool]:
    done = completions(user)
    return {
        "read": any(kind == Completion.Kind.READING for kind, _ref in done),
        "lab": any(kind == Completion.Kind.LAB and entry.share >= 1 for (kind, _ref), entry in done.items()),
        "card": ReviewLog.objects.filter(user=user, kind=ReviewLog.Kind.REVIEW).exists(),
    }


def _path(evidence: Mapping[str, bool], lab: Lab) -> Path:
    now = next((step for step, done in evidence.items() if not done), "")
    states = {step: "done" if done else "now" if step == now else "later" for step, done in evidence.items()}
    return Path((_read(states["read"]), _pass(states["lab"], lab), _review(states["card"])))


def _read(state: str) -> Step:
    words = _("What counts as progress here, and why. One question at the end.")
    return Step(_("Read a page"), words, reverse("start"), _("Read it"), 2, state)


def _pass(state: str, lab: Lab) -> Step:
    url = reverse("labs:lab", args=[lab.slug])
    words = _("Three lines of Python. Run the checks, read what they say, mend it, run again.")
    return Step(_("Pass a lab"), words, url, _("Open the lab"), lab.minutes, state)


def _review(state: str) -> Step:
    words = _("Start a paper's quiz and answer one question. Not knowing it yet is an answer too.")
    return Step(_("Review a first card"), words, _quiz_url(), _("Open the quiz"), 2, state)


def _first_lab() -> Lab | None:
    return live_labs().filter(pk=FIRST_LAB).first() or live_labs().order_by("minutes").first()


def _quiz_url() -> str:
    quizzes = Activity.objects.live().filter(
        kind=Activity.Kind.QUIZ, released=True, paper__retired_at__isnull=True, topic__retired_at__isnull=True
    )
    first = quizzes.select_related("paper", "topic").order_by("week__number", "order").first()
    return first.about.quiz_url if first and first.about else reverse("papers")
