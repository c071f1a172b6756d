"""Whether the parts of the site work, in words for the person who runs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from kombu.exceptions import OperationalError

from labs import placement
from labs.models import Level, Runner
from labs.queries import sandbox_level
from residual.celery import app

RUNNER_SILENT_AFTER: Final = timedelta(minutes=2)
BROKER_TIMEOUT_S: Final = 2


@dataclass(frozen=True, slots=True)
class PartHealth:
    """`state` is one word; `words` say what it means and, if something is wrong, what to do."""

    name: str
    works: bool
    state: str
    words: str


def everything() -> list[PartHealth]:
    return [database(), broker(), runner(), waiting()]


def database() -> PartHealth:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        words = _("The database does not answer. Look in the site's log, and check DATABASE_URL.")
        return PartHealth(_("Database"), works=False, state="down", words=words)
    return PartHealth(_("Database"), works=True, state="up", words=_("It answers."))


def broker() -> PartHealth:
    try:
        with app.connection_for_write(connect_timeout=BROKER_TIMEOUT_S) as link:
            link.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_S)
    except (OperationalError, OSError):
        words = _("It does not answer. Labs are still taken and will be checked, only later. Check BROKER_URL.")
        return PartHealth(_("Queue"), works=False, state="down", words=words)
    return PartHealth(_("Queue"), works=True, state="up", words=_("It answers."))


def runner() -> PartHealth:
    seen = Runner.objects.order_by("-seen_at").first()
    if seen is None:
        words = _("No runner has come by yet. Labs wait until one does: start it with make run.")
        return PartHealth(_("Runner"), works=False, state="down", words=words)
    if timezone.now() - seen.seen_at > RUNNER_SILENT_AFTER:
        words = _("It has been silent for a while. Labs wait until it is back: see its log, or start it again.")
        return PartHealth(_("Runner"), works=False, state="silent", words=words)
    return PartHealth(_("Runner"), works=True, state="up", words=_level_words(sandbox_level()))


def waiting() -> PartHealth:
    """Whether submissions wait for something that no runner has."""
    short = placement.summary()
    if not short:
        return PartHealth(
            _("Waiting work"), works=True, state="up", words=_("Nothing waits for a runner that is not here.")
        )
    told = [f"{_count(count)} {found.what} {found.remedy}" for found, count in short]
    return PartHealth(_("Waiting work"), works=False, state="stuck", words=" ".join(told))


def _count(count: int) -> str:
    return ngettext("%(count)s submission waits.", "%(count)s submissions wait.", count) % {"count": count}


@dataclass(frozen=True, slots=True)
class RunnerRow:
    """One runner and what it can do, in words."""

    name: str
    present: bool
    facts: tuple[str, ...]


def runners() -> list[RunnerRow]:
    """Every runner that ever asked for work, the one that asked last first."""
    since = timezone.now() - RUNNER_SILENT_AFTER
    return [RunnerRow(one.name, one.seen_at > since, _facts(one)) for one in Runner.objects.order_by("-seen_at")]


def _facts(one: Runner) -> tuple[str, ...]:
    facts = [_("lanes: %(lanes)s") % {"lanes": ", ".join(map(str, one.lanes))}, one.device]
    if one.memory_mb:
        facts.append(_("%(memory)s MB memory") % {"memory": one.memory_mb})
    if one.torch:
        facts.append(f"torch {one.torch}")
    facts.append(_("sandbox level %(level)s") % {"level": one.level})
    if one.refused:
        facts.append(_("gets no work: %(reason)s") % {"reason": one.refused})
    return tuple(fact for fact in facts if fact)


def _level_words(level: str | None) -> str:
    if level == Level.FULL:
        return _("It works. Sandbox level full: jail and cgroups hold learners' code.")
    if level == Level.NAMESPACES:
        return _("It works. Sandbox level namespaces: a jail without cgroups, good for your own machine.")
    return _("It works. Sandbox level unsafe-local: nothing holds the code. Run your own code only.")
