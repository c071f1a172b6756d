"""The learners of a storm: they submit while processes are killed, wait until all is judged, and say what became of it.

Runs beside a site, in a process of its own on the site's database: `queue_storm.main(jobs)` once Django is set up. It
prints one JSON object a line: `{"done": n}` whenever that changes, at the end `{"fates": […], "shares": […]}`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count, cycle
from pathlib import Path
from typing import Final

from labs import dispatch, services
from labs.models import Lab, Submission
from residual.accounts.models import User
from residual.progress.models import Completion

LAB: Final = "scaled-dot-product-attention"
CHECK: Final = "values"  # one cheap check each: what is tried here is the queue
CATALOG: Final = Path(__file__).resolve().parents[2] / "labs" / "catalog" / LAB
RIGHT: Final = (CATALOG / "solution.py").read_text()
SOLUTIONS: Final = {
    "passed": RIGHT,
    "failed": (CATALOG / "wrong" / "unscaled.py").read_text(),
    "error": "def attention(q, k, v):\n    return 1 / 0\n",
    "crash": "import os\n\n\ndef attention(q, k, v):\n    os.kill(os.getpid(), 9)\n",  # dies as our kills look
}
EAGER: Final = 3  # learners who send everything at once
SINGLES: Final = 6  # learners who send one whole lab each, while all that waits
LOST_BELL: Final = 10  # every tenth doorbell is never rung
POLL_S: Final = 0.05
PATIENCE_S: Final = 120.0  # so long nothing may happen before the storm is called off


@dataclass(frozen=True)
class Fate:
    """What became of one submission."""

    submission: str
    learner: str
    expected: str
    status: str
    verdict: str
    message: str
    attempt: int
    infra_failures: int
    events: list[tuple[int, int]]  # (attempt, number) as stored
    results: list[tuple[str, int]]  # (check, attempt) as stored
    overtaken: int  # claims of others' submissions between sending this one and its own first claim


def main(jobs: int) -> None:
    """Submit `jobs` pieces of code, wait for their verdicts, print what became of each."""
    _lose_bells()
    expected = dict(_submit_all(jobs))
    _watch(jobs)
    _say({"fates": [asdict(fate) for fate in _fates(expected)], "shares": _shares()})


def _lose_bells() -> None:
    """From now on every tenth doorbell of this process is never rung."""
    ring, number = dispatch.ring, count(1)

    def ring_most(submission_id: str) -> bool:
        return next(number) % LOST_BELL == 0 or ring(submission_id)

    dispatch.ring = ring_most


def _submit_all(jobs: int) -> Iterator[tuple[str, str]]:
    """Each eager learner sends a whole share at once; after each share two learners come with one submission each."""
    lab = Lab.objects.get(slug=LAB)
    verdicts = cycle(SOLUTIONS)
    singles = iter([_learner(f"single-{number}") for number in range(SINGLES)])
    for number in range(EAGER):
        eager = _learner(f"eager-{number}")
        for _ in range((jobs - SINGLES + number) // EAGER):
            verdict = next(verdicts)
            yield _submitted(eager, lab, verdict, [CHECK]), verdict
        for _ in range(SINGLES // EAGER):
            yield _submitted(next(singles), lab, "passed", None), "passed"


def _learner(name: str) -> User:
    return User.objects.create_user(f"{name}@example.org", "correct-horse")


def _submitted(user: User, lab: Lab, verdict: str, checks: list[str] | None) -> str:
    return str(services.submit(user, lab, SOLUTIONS[verdict], checks=checks).pk)


def _watch(jobs: int) -> None:
    done, changed = -1, time.monotonic()
    while done < jobs and time.monotonic() - changed < PATIENCE_S:
        now = Submission.objects.filter(status=Submission.Status.DONE).count()
        if now != done:
            done, changed = now, time.monotonic()
            _say({"done": done})
        time.sleep(POLL_S)


def _fates(expected: dict[str, str]) -> Iterator[Fate]:
    every = list(Submission.objects.select_related("user").prefetch_related("events", "results"))
    for submission in every:
        yield Fate(
            submission=str(submission.pk),
            learner=submission.user.email,
            expected=expected[str(submission.pk)],
            status=submission.status,
            verdict=submission.verdict,
            message=submission.message,
            attempt=submission.attempt,
            infra_failures=submission.infra_failures,
            events=[(event.attempt, event.seq) for event in submission.events.all()],
            results=[(result.cid, result.attempt) for result in submission.results.all()],
            overtaken=sum(_overtook(other, submission) for other in every),
        )


def _shares() -> list[tuple[str, float]]:
    """(learner, share) of every completion there is."""
    return list(Completion.objects.values_list("user__email", "share"))


def _overtook(other: Submission, submission: Submission) -> bool:
    """Whether somebody else's submission was claimed while this one waited for its first claim."""
    if other.user_id == submission.user_id or not (other.started_at and submission.started_at):
        return False
    return submission.created_at < other.started_at < submission.started_at


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - the test reads it line by line
