"""Judge a lab's own files in the real sandbox, a few at a time, for the tests of single labs."""

from __future__ import annotations

import atexit
import importlib
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

import torch

from gpu_runner.checking import registry
from gpu_runner.checking.serve import BundleImporter
from gpu_runner.protocol import CheckResult, Report, Verdict, judging_files
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import NoSandboxError
from gpu_runner.supervisor.trial import Submission
from tests.needs import lacking

CATALOG = Path(__file__).parents[2] / "labs" / "catalog"
Reports = dict[Path, Future[Report]]


@contextmanager
def judged(lab: Path, files: Iterable[Path]) -> Iterator[Reports]:
    """A report to come for every file, two being judged at a time."""
    judging, judge = judging_files(lab), shared_supervisor().judge
    with ThreadPoolExecutor(2) as pool:
        yield {file: pool.submit(judge, Submission(judging, file.read_text())) for file in files}


@cache
def shared_supervisor() -> Supervisor:
    """One for all labs of a test run: to start one takes longer than to judge a dozen files."""
    supervisor = Supervisor()
    try:
        supervisor.start()
    except NoSandboxError as error:
        lacking(f"a sandbox: {error}")
    atexit.register(supervisor.close)
    return supervisor


def failures(report: Report) -> list[str]:
    return [f"{result.id}: {result.message}" for result in report.checks if result.verdict is not Verdict.PASSED]


def by_id(report: Report) -> dict[str, CheckResult]:
    return {result.id: result for result in report.checks}


def passed(report: Report) -> set[str]:
    return {result.id for result in report.checks if result.verdict is Verdict.PASSED}


def module_from(file: Path) -> ModuleType:
    """A lab's file as a module, with the siblings that it imports; nothing of it is mixed with other labs."""
    files = {path.name: path.read_bytes() for path in file.parent.glob("*.py")}
    importer = BundleImporter(files)
    before, registry.registered = registry.registered, {}
    sys.meta_path.insert(0, importer)
    try:
        return importlib.import_module(file.stem)
    finally:
        sys.meta_path.remove(importer)
        registry.registered = before
        for name in files:
            sys.modules.pop(name.removesuffix(".py"), None)


@contextmanager
def one_thread() -> Iterator[None]:
    """Threads that wait for each other over tiny tensors cost seconds on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
