"""Hold a lab to its word: the reference passes, the starter fails, every known-bad solution fails where it says."""

from __future__ import annotations

import ast
import contextlib
from typing import TYPE_CHECKING, Final

from gpu_runner.claims import broken_claim
from gpu_runner.labspec import read_files, read_lab
from gpu_runner.protocol import Evidence, Report, Verdict
from gpu_runner.supervisor.trial import Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gpu_runner.labspec import LabSpec

STRONG: Final = frozenset({Evidence.COMPUTED, Evidence.SCORED, Evidence.METERED})


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
        problems += unlike_a_reference(run("solution.py"))
    problems += unlike_a_starter((folder / "starter.py").read_text(), run("starter.py"))
    wrong = known_bad(folder)
    if not wrong:
        problems.append("there are no known-bad solutions in wrong/")
    for path in wrong:
        problems += broken_claim(path.name, path.read_text(), run(f"wrong/{path.name}"))
    return problems


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
