"""Run labs on this machine, without site or broker: `python -m gpu_runner.lab test|verify|new|doctor`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpu_runner import doctor
from gpu_runner.labspec import LabError, read_files, read_lab
from gpu_runner.new_lab import make_lab
from gpu_runner.protocol import CheckResult, Level, Report, Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import NoSandboxError
from gpu_runner.supervisor.trial import Submission
from gpu_runner.supervisor.zygotes import BootError
from gpu_runner.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

CATALOGUE: Final = Path(os.environ.get("LAB_CATALOGUE", Path(__file__).parents[1] / "labs" / "catalog"))


class Exit(IntEnum):
    """What the process answers to its caller."""

    PASSED = 0
    NOT_PASSED = 1
    USAGE = 2
    INFRASTRUCTURE = 3


class UsageError(ValueError):
    """The command line asks for something that is not there."""


def find_lab(name: str) -> Path:
    """A lab folder by path or by slug. Raises UsageError."""
    for folder in (Path(name), CATALOGUE / name):
        if (folder / "lab.yaml").is_file():
            return folder.resolve()
    raise UsageError(f"no lab {name!r}: neither a folder with a lab.yaml nor a slug in {CATALOGUE}")


def test(arguments: argparse.Namespace) -> Exit:
    """Judge one file and print the report."""
    files = read_files(find_lab(arguments.lab))
    lab = read_lab(files)
    checks = arguments.check or None
    unknown = set(checks or ()) - {spec.id for spec in lab.checks}
    if unknown:
        raise UsageError(f"no check {', '.join(sorted(unknown))}; there are {', '.join(s.id for s in lab.checks)}")
    try:
        source = Path(arguments.file).read_bytes().decode()
    except OSError as error:
        raise UsageError(f"cannot read {arguments.file}: {error.strerror}") from error
    except UnicodeDecodeError:
        source = "\0"  # refused below with the same words as on the site
    with Supervisor(unsafe_local=arguments.unsafe_local, libraries=tuple(lab.preload)) as supervisor:
        on_check = _print_nothing if arguments.json else _print_check
        report = supervisor.judge(Submission(files, source, checks), on_check)
    if arguments.json:
        _say(report.model_dump_json())
    else:
        _print_summary(report)
    return exit_for(report.verdict)


def exit_for(verdict: Verdict) -> Exit:
    """The process' answer for a verdict."""
    if verdict is Verdict.PASSED:
        return Exit.PASSED
    return Exit.INFRASTRUCTURE if verdict is Verdict.INFRA_ERROR else Exit.NOT_PASSED


def check_labs(arguments: argparse.Namespace) -> Exit:
    """Hold the solutions of one lab, or of every lab of the catalogue, to their word."""
    folders = [find_lab(arguments.lab)] if arguments.lab else every_lab()
    unsound = [folder.name for folder in folders if not _is_sound(folder, arguments)]
    if len(folders) > 1:
        _say(
            f"{len(folders) - len(unsound)} of {len(folders)} labs are sound"
            + "".join(f"\n  not: {n}" for n in unsound)
        )
    return Exit.NOT_PASSED if unsound else Exit.PASSED


def every_lab() -> list[Path]:
    """The folders of the catalogue. Raises UsageError where it has none."""
    folders = sorted(path.parent for path in CATALOGUE.glob("*/lab.yaml"))
    if not folders:
        raise UsageError(f"there is no lab in {CATALOGUE}")
    return folders


def _is_sound(folder: Path, arguments: argparse.Namespace) -> bool:
    lab = read_lab(read_files(folder))
    with Supervisor(unsafe_local=arguments.unsafe_local, libraries=tuple(lab.preload)) as supervisor:
        problems = verify(folder, supervisor.judge, times=arguments.times, say=_say)
    for problem in problems:
        _say(f"PROBLEM  {problem}")
    _say(f"{folder.name}: {'sound' if not problems else f'{len(problems)} problem(s)'}")
    return not problems


def new(arguments: argparse.Namespace) -> Exit:
    """Make a folder for a new lab."""
    parent = Path(arguments.into) if arguments.into else CATALOGUE
    try:
        folder = make_lab(arguments.slug, parent)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"cannot make {parent / arguments.slug}: {error.strerror}") from error
    _say(f"{folder} is a whole lab. Change it piece by piece, and after each run: residual lab verify {folder}")
    return Exit.PASSED


def examine(arguments: argparse.Namespace) -> Exit:
    """Tell which protections are in force, what is missing and what would add it; with --fix, add what can be added."""
    facts = doctor.examine()
    if arguments.json:
        _say(json.dumps(asdict(facts)))
    else:
        doctor.tell(facts, _say)
    if arguments.fix and (mended := doctor.fix(facts, _say)) is not facts:
        facts = mended
        doctor.tell(facts, _say)
    return Exit.PASSED if facts.level == Level.FULL else Exit.NOT_PASSED if facts.level else Exit.INFRASTRUCTURE


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _print_nothing(_result: CheckResult) -> None:
    pass


def _print_check(result: CheckResult) -> None:
    mark = "passed" if result.verdict is Verdict.PASSED else result.verdict.value.upper()
    _say(f"{mark:12} {result.title}  [{result.evidence.value}, {result.usage.wall_s * 1000:.0f} ms]")
    for line in result.message.splitlines():
        _say(f"             {line}")
    for frame in result.details.get("traceback", []):
        _say(f"             line {frame['line']}, in {frame['function']}: {frame['text']}")


def _print_summary(report: Report) -> None:
    if report.log:
        _say(f"--- output ---\n{report.log.rstrip()}\n--------------")
    used, limits = report.usage, report.limits
    _say(
        f"{report.verdict.value}: {used.wall_s:.2f} s, {used.cpu_s:.2f} s CPU, peak {used.peak_mb:.0f} MiB "
        f"(per check: {limits.wall_s:g} s, {limits.cpu_s:g} s CPU, {limits.memory_mb} MiB); level {report.level.value}"
    )
    if report.message:
        _say(report.message)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root = argparse.ArgumentParser(prog="python -m gpu_runner.lab", description=__doc__)
    commands = root.add_subparsers(required=True)
    one = commands.add_parser("test", help="judge a file")
    one.add_argument("lab", help="slug or folder")
    one.add_argument("file")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.add_argument("--check", action="append", metavar="ID", help="only this check (may be repeated)")
    one.set_defaults(run=test)
    two = commands.add_parser("verify", help="hold a lab's own solutions to their word")
    two.add_argument("lab", nargs="?", help="slug or folder; all labs of the catalogue if left out")
    two.add_argument("--times", type=int, default=3, help="how many draws the reference must pass")
    two.set_defaults(run=check_labs)
    for command in (one, two):
        command.add_argument("--unsafe-local", action="store_true", help="run without a jail: only your own code")
    three = commands.add_parser("new", help="make a folder for a new lab, sound from the start")
    three.add_argument("slug")
    three.add_argument("--into", metavar="FOLDER", help=f"where to make it (default: {CATALOGUE})")
    three.set_defaults(run=new)
    four = commands.add_parser("doctor", help="show the sandbox level in force")
    how = four.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true")
    how.add_argument("--fix", action="store_true", help="run the commands that raise it, each printed first")
    four.set_defaults(run=examine)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return Exit.USAGE
    except (BootError, NoSandboxError, LabError) as error:
        sys.stderr.write(f"{error}\n")
        return Exit.INFRASTRUCTURE


if __name__ == "__main__":
    sys.exit(main())
