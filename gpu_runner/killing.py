"""Run the mutants of a lab's reference through the sandbox: its checks kill them, or `mutants.yaml` says why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gpu_runner.labspec import LabError, read_lab
from gpu_runner.mutants import Mutant, mutants_of
from gpu_runner.protocol import CheckResult, Verdict
from gpu_runner.supervisor.trial import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gpu_runner.protocol import Part, Report

    Judge = Callable[[Submission, Callable[[CheckResult], None], Callable[[], bool]], Report]

FILE: Final = "mutants.yaml"
TRIES: Final = 3
"""A mutant survives if so many draws in a row let it pass; one that a single draw kills is killed."""
MOST_TRAINED: Final = 24
"""Of a lab that trains for seconds, so many mutants are run, spread evenly over the file."""
PATIENCE: Final = 4.0
"""Wall time may be so many times the limit: on a busy machine waiting kills nothing, CPU time does."""


class Explained(BaseModel):
    """An entry of `mutants.yaml`: a mutant that no check can tell from the reference, and the reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    where: str
    before: str
    after: str
    why: str = Field(min_length=10)

    @property
    def name(self) -> tuple[str, str, str]:
        return self.where, self.before, self.after


@dataclass(slots=True)
class Hunt:
    """What became of a lab's mutants."""

    made: int
    killed: dict[str, int] = field(default_factory=dict)  # by the check that was the first to fail
    survived: list[Mutant] = field(default_factory=list)
    explained: list[Explained] = field(default_factory=list)
    needless: list[Explained] = field(default_factory=list)  # explanations of mutants that are killed or not there

    def problems(self) -> list[str]:
        """What the author has to do, as sentences."""
        return [f"a mutant survives: {_shown(mutant)}" for mutant in self.survived] + [
            f"{FILE} explains a mutant that is killed, or that is not made: {_shown(entry)}" for entry in self.needless
        ]


def hunt(
    folder: Path, files: Mapping[str, bytes], judge: Judge, say: Callable[[str], None], mine: Sequence[Part] = ()
) -> Hunt:
    """Judge every mutant, two at a time, each until its first failing check; `mine` is what all of them may import.

    Raises LabError for a bad mutants.yaml.
    """
    lab = read_lab(files)
    known = {entry.name: entry for entry in read_explained(folder)}
    made = mutants_of(files["solution.py"].decode())
    mutants = _sample(made, MOST_TRAINED if lab.lane == "train" else None)
    limits = lab.limits.model_copy(update={"wall_s": min(3600.0, PATIENCE * lab.limits.wall_s)})

    def killer(mutant: Mutant) -> str:
        submission = Submission(files, mutant.source, limits=limits, mine=mine)
        tries = (_first_failure(submission, judge) for _ in range(TRIES))
        return next((check for check in tries if check), "")

    found = Hunt(len(mutants))
    with ThreadPoolExecutor(2) as pool:
        for mutant, check in zip(mutants, pool.map(killer, mutants), strict=True):
            _note(found, mutant, check, known, say)
    alive = {mutant.name for mutant in found.survived} | {entry.name for entry in found.explained}
    untried = {mutant.name for mutant in made} - {mutant.name for mutant in mutants}
    found.needless = [entry for entry in known.values() if entry.name not in alive | untried]
    return found


def read_explained(folder: Path) -> list[Explained]:
    """The entries of a lab's `mutants.yaml`; none without the file. Raises LabError."""
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        return TypeAdapter(list[Explained]).validate_python(yaml.safe_load(path.read_text()))
    except (yaml.YAMLError, ValidationError) as error:
        raise LabError(f"{folder.name}/{FILE}: {error}") from error


def _sample(mutants: Sequence[Mutant], most: int | None) -> Sequence[Mutant]:
    """At most so many, evenly spread."""
    if most is None or len(mutants) <= most:
        return mutants
    return [mutants[at * len(mutants) // most] for at in range(most)]


def _first_failure(submission: Submission, judge: Judge) -> str:
    """The check that is the first to say no, or nothing. Raises LabError if a check itself breaks."""
    failed: list[CheckResult] = []

    def look(result: CheckResult) -> None:
        if result.verdict is not Verdict.PASSED:
            failed.append(result)

    report = judge(submission, look, lambda: bool(failed))
    first = failed[0] if failed else None
    if first and first.verdict is Verdict.INFRA_ERROR:
        raise LabError(f"check {first.id} is broken by a mutant: {first.message or report.message}")
    return first.id if first else "" if report.verdict is Verdict.PASSED else report.verdict.value


def _note(
    found: Hunt,
    mutant: Mutant,
    check: str,
    known: Mapping[tuple[str, str, str], Explained],
    say: Callable[[str], None],
) -> None:
    if check:
        found.killed[check] = found.killed.get(check, 0) + 1
    elif mutant.name in known:
        found.explained.append(known[mutant.name])
    else:
        found.survived.append(mutant)
        entry = {"where": mutant.where, "before": mutant.before, "after": mutant.after, "why": ""}
        say(f"SURVIVED\n{yaml.safe_dump([entry], sort_keys=False, allow_unicode=True, width=1000)}".rstrip())


def _shown(mutant: Mutant | Explained) -> str:
    return f"{mutant.where}: `{mutant.before}` → `{mutant.after}`"
