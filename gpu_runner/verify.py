"""Hold a lab to its word: the reference passes, the starter fails, every known-bad solution fails where it says."""

from __future__ import annotations

import ast
import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gpu_runner.labspec import read_files, read_lab
from gpu_runner.protocol import Evidence, Report, Verdict
from gpu_runner.supervisor.trial import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gpu_runner.labspec import LabSpec

STRONG: Final = frozenset({Evidence.COMPUTED, Evidence.SCORED, Evidence.METERED})


@dataclass(frozen=True, slots=True)
class Claim:
    """What a known-bad solution says about itself in its first two lines."""

    fails: frozenset[str]
    mistake: str


def read_claim(source: str) -> Claim | None:
    """`# fails: a, b` and optionally `# mistake: id`; None if the first line does not say."""
    fails = re.match(r"# fails: ([a-z0-9-]+(?:, *[a-z0-9-]+)*)\n", source)
    if not fails:
        return None
    mistake = re.search(r"^# mistake: ([a-z0-9-]+)$", source, re.MULTILINE)
    return Claim(frozenset(re.split(r", *", fails[1])), mistake[1] if mistake else "")


def verify(folder: Path, judge: Callable[[Submission], Report], *, times: int, say: Callable[[str], None]) -> list[str]:
    """Everything that is wrong with a lab, as sentences."""
    files = read_files(folder)
    lab = read_lab(files)
    problems = [f"no check rests on evidence from outside ({', '.join(sorted(STRONG))})"] if weak(lab) else []
    problems += [f"{name}.py takes part in judging, but nothing imports it; remove it" for name in idle_modules(files)]

    def run(name: str) -> Report:
        report = judge(Submission(files, (folder / name).read_text()))
        say(f"{report.verdict.value:12} {name}  {report.usage.wall_s:.2f} s")
        return report

    for _ in range(times):
        problems += _unlike_a_reference(run("solution.py"))
    problems += _unlike_a_starter(run("starter.py"))
    wrong = sorted((folder / "wrong").glob("*.py"))
    if not wrong:
        problems.append("there are no known-bad solutions in wrong/")
    for path in wrong:
        problems += broken_claim(path.name, path.read_text(), run(f"wrong/{path.name}"))
    return problems


def weak(lab: LabSpec) -> bool:
    """Whether a submission could pass on what its own process says or on its syntax tree alone."""
    return not any(spec.evidence in STRONG for spec in lab.checks)


def idle_modules(files: Mapping[str, bytes]) -> list[str]:
    """Modules that neither `checks.py` nor what it imports imports: a stray file would change the lab's digest."""
    modules = {name.removesuffix(".py") for name in files if name.endswith(".py") and "/" not in name}
    reached, ahead = {"probe", "solution"}, {"checks"}
    while ahead:
        name = ahead.pop()
        reached.add(name)
        ahead |= _imports(files[f"{name}.py"]) & modules - reached
    return sorted(modules - reached)


def _imports(source: bytes) -> set[str]:
    """Top-level names of the modules that a file imports; none if it cannot be read, which its run will say."""
    with contextlib.suppress(SyntaxError, ValueError):
        nodes = list(ast.walk(ast.parse(source)))
        plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        froms = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
        return {name.partition(".")[0] for name in plain | froms}
    return set()


def _unlike_a_reference(report: Report) -> list[str]:
    return [
        f"solution.py: check {r.id} says {r.verdict.value}: {r.message}"
        for r in report.checks
        if r.verdict is not Verdict.PASSED
    ] or ([] if report.verdict is Verdict.PASSED else [f"solution.py: {report.message}"])


def _unlike_a_starter(report: Report) -> list[str]:
    if report.verdict is Verdict.PASSED:
        return ["starter.py passes"]
    return [
        f"starter.py: check {r.id} is broken: {r.message}" for r in report.checks if r.verdict is Verdict.INFRA_ERROR
    ]


def broken_claim(name: str, source: str, report: Report) -> list[str]:
    """How a known-bad solution's report differs from what its first lines claim."""
    claim = read_claim(source)
    if claim is None:
        return [f"wrong/{name}: the first line must be `# fails: <check id>`"]
    failing = {r.id for r in report.checks if r.verdict is not Verdict.PASSED}
    problems = []
    if failing != claim.fails:
        problems.append(f"wrong/{name}: claims to fail {sorted(claim.fails)} and fails {sorted(failing)}")
    named = {r.details["misconception"]["id"] for r in report.checks if "misconception" in r.details}
    if claim.mistake and claim.mistake not in named:
        problems.append(f"wrong/{name}: its mistake {claim.mistake} is not recognised (named: {sorted(named)})")
    return problems
