"""Hold a lab to its word: the reference passes, the starter fails, every known-bad solution fails where it says."""

from __future__ import annotations

import ast
import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gpu_runner.claims import broken_claim, read_claim
from gpu_runner.labspec import read_files, read_lab
from gpu_runner.protocol import Evidence, Report, Verdict
from gpu_runner.supervisor.trial import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from gpu_runner.labspec import LabSpec
    from gpu_runner.protocol import Part

STRONG: Final = frozenset({Evidence.COMPUTED, Evidence.SCORED, Evidence.METERED})
PARTS: Final = ("checks.py", "solution.py", "starter.py")


@dataclass(slots=True)
class Verification:
    """What is wrong with a lab, as sentences, and the reports on its files by name, in the order of the runs."""

    problems: list[str] = field(default_factory=list)
    reports: dict[str, list[Report]] = field(default_factory=dict)


def verify(folder: Path, judge: Callable[[Submission], Report], *, times: int, say: Callable[[str], None]) -> list[str]:
    """Everything that is wrong with a lab, as sentences."""
    return judge_all(folder, judge, times=times, say=say).problems


def judge_all(
    folder: Path,
    judge: Callable[[Submission], Report],
    *,
    times: int,
    say: Callable[[str], None],
    mine: Sequence[Part] = (),
) -> Verification:
    """Judge a lab's own files, the reference `times` times, two at a time; `mine` is what they may import."""
    files = read_files(folder)
    if broken := _cannot_be_judged(folder, files, judge, mine):
        return Verification(broken)
    found = Verification(_wrong_with_files(folder, files))
    names = ["solution.py"] * times + ["starter.py"] + [f"wrong/{path.name}" for path in known_bad(folder)]
    with ThreadPoolExecutor(2) as pool:
        reports = pool.map(lambda name: judge(Submission(files, (folder / name).read_text(), mine=mine)), names)
        for name, report in zip(names, reports, strict=True):
            say(f"{report.verdict.value:12} {name}  {report.usage.wall_s:.2f} s")
            found.reports.setdefault(name, []).append(report)
            found.problems += _unlike_its_name(name, (folder / name).read_text(), report)
    return found


def _cannot_be_judged(
    folder: Path, files: Mapping[str, bytes], judge: Callable[[Submission], Report], mine: Sequence[Part]
) -> list[str]:
    """What must be mended first, said once and not for every file: parts that are missing, checks that do not load."""
    read_lab(files)
    if missing := [name for name in PARTS if not (folder / name).is_file()]:
        return [f"{name} is missing" for name in missing]
    said = judge(Submission(files, (folder / "solution.py").read_text(), checks=[], mine=mine)).message
    return [f"the checks cannot be run. {said.strip()}"] if said else []


def _wrong_with_files(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """What needs no run to be seen."""
    claims = [read_claim(path.read_text()) for path in known_bad(folder)]
    baselines = sum(bool(claim and claim.baseline) for claim in claims)
    problems = []
    if weak(read_lab(files)):
        problems.append(f"no check rests on evidence from outside ({', '.join(sorted(STRONG))})")
    problems += [f"{name}.py takes part in judging, but nothing imports it; remove it" for name in idle_modules(files)]
    if not claims:
        problems.append("there are no known-bad solutions in wrong/")
    elif not baselines:
        problems.append("no file in wrong/ is a trivial baseline (`# baseline: zeros` after its first line)")
    return problems


def _unlike_its_name(name: str, source: str, report: Report) -> list[str]:
    if name == "solution.py":
        return unlike_a_reference(report)
    if name == "starter.py":
        return unlike_a_starter(source, report)
    return broken_claim(name.removeprefix("wrong/"), source, report)


def known_bad(folder: Path) -> list[Path]:
    """The known-bad solutions of a lab, trivial baselines among them, by name."""
    return sorted((folder / "wrong").glob("*.py"))


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


def unlike_a_reference(report: Report) -> list[str]:
    """Why this is not the report of a right solution, as sentences."""
    return [
        f"solution.py: check {r.id} says {r.verdict.value}: {r.message}"
        for r in report.checks
        if r.verdict is not Verdict.PASSED
    ] or ([] if report.verdict is Verdict.PASSED else [f"solution.py: {report.message}"])


def unlike_a_starter(source: str, report: Report) -> list[str]:
    """Why this is not the report of an unwritten solution: one that earns nothing and hears what to write first."""
    if report.verdict is Verdict.PASSED:
        return ["starter.py passes"]
    problems = [
        f"starter.py: check {r.id} is broken: {r.message}" for r in report.checks if r.verdict is Verdict.INFRA_ERROR
    ]
    problems += [
        f"starter.py passes {r.id}, which would earn points"
        for r in report.checks
        if r.verdict is Verdict.PASSED and r.evidence in STRONG
    ]
    reasons = list(unwritten(source))
    if reasons and not any(reason in r.message for reason in reasons for r in report.checks):
        problems.append(f"starter.py: no check repeats what it raises ({reasons}), so nobody is helped")
    return problems


def unwritten(source: str) -> list[str]:
    """The reasons of the `raise NotImplementedError("…")` in a starter."""
    raised = [node.exc for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Raise)]
    return [
        node.args[0].value
        for node in raised
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
        if isinstance(node.func, ast.Name) and node.func.id == "NotImplementedError"
        if isinstance(node.args[0].value, str)
    ]
