"""Judge the catalogue's own files in the real sandbox, for the tests of all labs and of single ones."""

from __future__ import annotations

import atexit
import hashlib
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

import torch

from gpu_runner.checking import registry
from gpu_runner.checking.serve import BundleImporter
from gpu_runner.labspec import LabSpec, read_lab
from gpu_runner.parts import references
from gpu_runner.protocol import Report, Verdict, judge_digest, judging_files
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import NoSandboxError
from gpu_runner.supervisor.trial import Submission
from tests.labs.catalog.choosing import CATALOG, LABS, this_run
from tests.needs import lacking

HONEST = Path(__file__).parent / "honest"
CHOSEN = this_run()
IN_FULL = [lab for lab in LABS if lab.name in CHOSEN.labs]


def name_of(file: Path) -> str:
    """`switch-layer/wrong/no_gate.py`, whatever stands before: the id of a test."""
    for root in (CATALOG, HONEST):
        if file.is_relative_to(root):
            return file.relative_to(root).as_posix()
    raise ValueError(f"{file} belongs to no lab")


@cache
def spec_of(lab: Path) -> LabSpec:
    return read_lab(judging_files(lab))


def quick() -> list[Path]:
    """Labs of which every run proves reference and starter."""
    return [lab for lab in LABS if lab in IN_FULL or spec_of(lab).lane == "check"]


@cache
def report_of(lab: Path, file: Path) -> Report:
    """Judge a file of or for a lab, once, on the draws that belong to this state of both."""
    files, source = judging_files(lab), file.read_text()
    mine = references(spec_of(lab), CATALOG)
    return supervisor_with(tuple(sorted(spec_of(lab).preload))).judge(
        Submission(files, source, mine=mine, seed=seed_of(files, source))
    )


def seed_of(files: Mapping[str, bytes], source: str) -> int | None:
    """The same draws for the same files, so that a run fails for what was changed; DRAWS=fresh takes others."""
    if os.environ.get("DRAWS") == "fresh":
        return None
    digest = hashlib.sha256(judge_digest(files).encode() + source.encode()).digest()
    return int.from_bytes(digest[:7], "little")


@cache
def supervisor_with(libraries: tuple[str, ...]) -> Supervisor:
    """One for all labs that import the same: to start one takes longer than to judge a dozen files."""
    supervisor = Supervisor(libraries=libraries)
    try:
        supervisor.start()
    except NoSandboxError as error:
        lacking(f"a sandbox: {error}")
    atexit.register(supervisor.close)
    return supervisor


def failures(report: Report) -> list[str]:
    return [f"{result.id}: {result.message}" for result in report.checks if result.verdict is not Verdict.PASSED]


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
