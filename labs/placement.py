"""Which waiting submissions no runner can take, and what is missing for them. They hold up nobody behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from labs.models import Lane, Runner, Submission
from labs.queue import positions, present, strength

NOBODY: Final = "runner"
Missing = Literal["runner", "version", "level", "lane", "memory"]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What no runner that is there has. `needs` and `best` are MiB where memory is missing."""

    missing: Missing
    lane: str = ""
    needs: int = 0
    best: int = 0

    @property
    def words(self) -> str:
        """For the learner, who can only wait: what is missing, and that nothing is lost."""
        kept = _("Your submission is kept and checked when one is there.")
        if self.missing == NOBODY:
            return _("No runner answers at the moment. Your submission is kept and checked when one is back.")
        return f"{self.what} {kept}"

    @property
    def what(self) -> str:
        """What is missing, in a sentence."""
        if self.missing == "memory":
            figures = {"needs": self.needs, "best": self.best}
            return _("A check may use %(needs)s MiB here, and the largest runner gives %(best)s MiB.") % figures
        if self.missing == "lane" and self.lane == Lane.GPU:
            return _("This lab needs a GPU, and no runner with one is here (lane gpu).")
        return {
            NOBODY: _("No runner is here."),
            "version": _("The runners that are here have another version than this site."),
            "level": _("The runners that are here do not hold code as strongly as this site demands."),
            "lane": _("No runner takes jobs of this lab's kind (lane %(lane)s).") % {"lane": self.lane},
        }[self.missing]

    @property
    def remedy(self) -> str:
        """For the operator: what to do."""
        return {
            NOBODY: _("Start one with make run, or see its log."),
            "version": _("Install the same version on site and runner; the list of runners names both."),
            "level": _("Run residual doctor on the runner's machine: it names what is missing."),
            "lane": _("Add %(lane)s to RUNNER_LANES of a runner that can serve it.") % {"lane": self.lane},
            "memory": _("Add a runner with more memory, or lower limits.memory_mb of the lab."),
        }[self.missing]


def shortfall(lane: str, memory_mb: int, runners: Sequence[Runner]) -> Shortfall | None:
    """The first thing that leaves no runner for a job; None if one can run it."""
    weakest = strength(settings.MIN_SANDBOX_LEVEL)
    sieves: dict[Missing, list[Runner]] = {"runner": list(runners)}
    sieves["version"] = [runner for runner in sieves["runner"] if not runner.refused]
    sieves["level"] = [runner for runner in sieves["version"] if strength(runner.level) >= weakest]
    sieves["lane"] = [runner for runner in sieves["level"] if lane in runner.lanes]
    best = max((runner.memory_mb for runner in sieves["lane"]), default=0)
    sieves["memory"] = [runner for runner in sieves["lane"] if not runner.memory_mb or runner.memory_mb >= memory_mb]
    missing = next((name for name, left in sieves.items() if not left), None)
    if missing is None:
        return None
    return Shortfall(missing, lane, memory_mb, best) if missing == "memory" else Shortfall(missing, lane)


def stuck() -> dict[UUID, Shortfall]:
    """The waiting submissions that no runner can take now. Two queries."""
    waiting = Submission.objects.filter(status=Submission.Status.QUEUED).order_by()
    needs = waiting.values_list("pk", "lane", "limits__memory_mb")
    runners = list(present())
    found = {pk: shortfall(lane, memory_mb or 0, runners) for pk, lane, memory_mb in needs}
    return {pk: short for pk, short in found.items() if short is not None}


def standing() -> tuple[Mapping[UUID, int], Mapping[UUID, Shortfall]]:
    """Each waiting submission's place in its lane, and what keeps others from having one.

    Where no runner is there at all, everybody keeps their place.
    """
    short = stuck()
    without = {pk for pk, found in short.items() if found.missing != NOBODY}
    return positions(without), short


def summary() -> list[tuple[Shortfall, int]]:
    """For the operator: what is missing, and how many submissions wait for it, most first."""
    return Counter(stuck().values()).most_common()
