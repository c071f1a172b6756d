"""Run labs on this machine, without site or broker: `python -m gpu_runner.lab test|verify|new|doctor`."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from gpu_runner import doctor
from gpu_runner.gpu.cards import NoCardError
from gpu_runner.gpu.selftest import find_lane, problems
from gpu_runner.killing import Hunt, hunt
from gpu_runner.labspec import LabError, asked_for, read_files, read_lab
from gpu_runner.new_lab import make_lab
from gpu_runner.parts import own, references
from gpu_runner.proof import build_proof, draws, proof_digest, stale, write_proof
from gpu_runner.protocol import TRACE, Lane, Level, Report, Verdict
from gpu_runner.screen import Screen
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.levels import NoSandboxError
from gpu_runner.supervisor.trial import Submission
from gpu_runner.supervisor.zygotes import BootError
from gpu_runner.times import times_table
from gpu_runner.verify import judge_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gpu_runner.labspec import CheckSpec, LabSpec
    from gpu_runner.protocol import Part

CATALOGUE: Final = Path(os.environ.get("LAB_CATALOGUE", Path(__file__).parents[1] / "labs" / "catalog"))
COMMAND: Final = os.environ.get("LAB_COMMAND", "python -m gpu_runner.lab")
DESCRIPTION: Final = "Make labs, hold them to their word, and judge files as the site does, on this machine alone."
EPILOG: Final = (
    "Exit codes: 0 passed, 1 not passed, 2 usage, 3 infrastructure. How to write a lab: docs/authoring-labs.md"
)
ENDLESS: Final = 64 * 1024 * 1024


class Exit(IntEnum):
    """What the process answers to its caller."""

    PASSED = 0
    NOT_PASSED = 1
    USAGE = 2
    INFRASTRUCTURE = 3
    INTERRUPTED = 130  # as shells say it


class UsageError(ValueError):
    """The command line asks for something that is not there."""


def find_lab(name: str) -> Path:
    """A lab folder by path or by slug. Raises UsageError."""
    for folder in (Path(name), CATALOGUE / name):
        if (folder / "lab.yaml").is_file():
            return folder.resolve()
    slugs = sorted(path.parent.name for path in CATALOGUE.glob("*/lab.yaml"))
    place = f"neither a folder with a lab.yaml nor a slug in {CATALOGUE}"
    raise UsageError(f"no lab {name!r}: {place}.{_suggestion(name, slugs)}")


def _suggestion(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]}?" if near else f" There are {', '.join(known)}." if known else ""


def test(arguments: argparse.Namespace) -> Exit:
    """Judge one file and print the report."""
    files = read_files(find_lab(arguments.lab))
    lab = read_lab(files)
    wanted = _wanted(lab, arguments.check)
    mine = own(lab, CATALOGUE, Path(arguments.mine) if arguments.mine else None)
    submission = Submission(files, read_source(Path(arguments.file)), arguments.check or None, mine=mine)
    screen = None if arguments.json else Screen(sys.stdout, [spec.title for spec in wanted])
    with (
        Supervisor(unsafe_local=arguments.unsafe_local, libraries=tuple(lab.preload)) as supervisor,
        interruptible() as interrupted,
    ):
        if lab.lane == Lane.GPU:
            supervisor.take_card(find_lane(wanted=os.environ.get("RUNNER_GPU", "")))
        report = _judge(supervisor, submission, screen, interrupted)
    if interrupted():
        sys.stderr.write("Interrupted.\n")
    return Exit.INTERRUPTED if interrupted() else exit_for(report.verdict)


def _wanted(lab: LabSpec, asked: Sequence[str] | None) -> list[CheckSpec]:
    """The checks to run, all of them if none is asked for. Raises UsageError for one that is not there."""
    known = [spec.id for spec in lab.checks] + ([TRACE] if lab.trace else [])
    for name in asked or ():
        if name not in known:
            raise UsageError(f"no check {name!r} in {lab.slug}.{_suggestion(name, known)}")
    return asked_for(lab, asked or None)


def read_source(path: Path) -> str:
    """A file's text; of an endless one the beginning, which is too large already. Raises UsageError."""
    try:
        with path.open("rb") as file:
            return file.read(ENDLESS).decode()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        return "\udc80"  # no text either: the supervisor refuses it with the same words as the site


def _judge(
    supervisor: Supervisor, submission: Submission, screen: Screen | None, interrupted: Callable[[], bool]
) -> Report:
    if screen is None:
        report = supervisor.judge(submission, cancelled=interrupted)
        _say(report.model_dump_json())
        return report
    screen.begin()
    report = supervisor.judge(submission, screen.check, interrupted, screen.news)
    screen.done(report)
    return report


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into an answer, so that what landed is shown and all is cleared away; the second kills."""
    pressed = threading.Event()

    def note(_signal: int, _frame: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def exit_for(verdict: Verdict) -> Exit:
    """The process' answer for a verdict."""
    if verdict is Verdict.PASSED:
        return Exit.PASSED
    return Exit.INFRASTRUCTURE if verdict is Verdict.INFRA_ERROR else Exit.NOT_PASSED


def check_labs(arguments: argparse.Namespace) -> Exit:
    """Hold the solutions of one lab, or of every lab of the catalogue, to their word."""
    folders = [find_lab(arguments.lab)] if arguments.lab else every_lab()
    due = [folder for folder in folders if not arguments.stale or stale(folder)]
    unsound = [folder.name for folder in due if not _is_sound(folder, arguments)]
    if len(folders) > 1:
        _say(times_table(folders))
        _say(f"{len(due) - len(unsound)} of {len(due)} labs are sound" + "".join(f"\n  not: {n}" for n in unsound))
    return Exit.NOT_PASSED if unsound else Exit.PASSED


def every_lab() -> list[Path]:
    """The folders of the catalogue. Raises UsageError where it has none."""
    folders = sorted(path.parent for path in CATALOGUE.glob("*/lab.yaml"))
    if not folders:
        raise UsageError(f"there is no lab in {CATALOGUE}")
    return folders


def _is_sound(folder: Path, arguments: argparse.Namespace) -> bool:
    _say(f"--- {folder.name}")
    try:
        return _keeps_its_word(folder, arguments)
    except LabError as error:
        _say(f"PROBLEM  {error}\n{folder.name}: cannot be judged")
        return False


def _keeps_its_word(folder: Path, arguments: argparse.Namespace) -> bool:
    lab = read_lab(read_files(folder))
    times, digest = draws(lab.lane) if arguments.write_proof else arguments.times, proof_digest(folder)
    with Supervisor(unsafe_local=arguments.unsafe_local, libraries=tuple(lab.preload)) as supervisor:
        mine = references(lab, CATALOGUE)
        found = judge_all(folder, supervisor.judge, times=times, say=_say, mine=mine)
        hunted = _hunt(folder, supervisor, mine) if arguments.mutants or arguments.write_proof else None
    problems = found.problems + (hunted.problems() if hunted else [])
    if digest != proof_digest(folder):
        problems.append("its files changed while they were judged; run it again")
    for problem in problems:
        _say(f"PROBLEM  {problem}")
    if arguments.write_proof and hunted and not problems:
        _say(f"wrote {write_proof(folder, build_proof(folder, found.reports, hunted))}")
    _say(f"{folder.name}: {'sound' if not problems else f'{len(problems)} problem(s)'}")
    return not problems


def _hunt(folder: Path, supervisor: Supervisor, mine: Sequence[Part]) -> Hunt:
    found = hunt(folder, read_files(folder), supervisor.judge, _say, mine)
    by_check = ", ".join(f"{check} {count}" for check, count in sorted(found.killed.items()))
    _say(
        f"{found.made} mutants: {sum(found.killed.values())} killed ({by_check}), "
        f"{len(found.explained)} explained, {len(found.survived)} survived"
    )
    return found


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
    if arguments.gpu:
        return examine_card()
    facts = doctor.examine()
    if arguments.json:
        _say(json.dumps(asdict(facts)))
    else:
        doctor.tell(facts, _say)
    if arguments.fix and (mended := doctor.fix(facts, _say)) is not facts:
        facts = mended
        doctor.tell(facts, _say)
    return Exit.PASSED if facts.level == Level.FULL else Exit.NOT_PASSED if facts.level else Exit.INFRASTRUCTURE


def examine_card() -> Exit:
    """Try the card through the whole sandbox, as a runner does before it announces the lane `gpu`."""
    try:
        lane = find_lane(wanted=os.environ.get("RUNNER_GPU", ""))
    except NoCardError as error:
        _say(f"no card: {error}")
        return Exit.NOT_PASSED
    _say(f"card: {lane.card.name}, {lane.card.total_mb} MiB, {lane.card.uuid}")
    with Supervisor() as supervisor:
        supervisor.take_card(lane)
        found = problems(supervisor.judge, lane)
    for problem in found:
        _say(f"PROBLEM  {problem}")
    _say("the lane gpu is not served" if found else "the lane gpu can be served: set RUNNER_LANES=check,train,gpu")
    return Exit.NOT_PASSED if found else Exit.PASSED


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def at_least_one(text: str) -> int:
    """A count for argparse."""
    if (count := int(text)) < 1:
        raise ValueError(text)
    return count


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root = argparse.ArgumentParser(prog=COMMAND, description=DESCRIPTION, epilog=EPILOG)
    commands = root.add_subparsers(required=True)
    one = commands.add_parser("test", help="judge a file")
    one.add_argument("lab", help="slug or folder")
    one.add_argument("file")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.add_argument("--check", action="append", metavar="ID", help="only this check (may be repeated)")
    one.add_argument(
        "--trace", dest="check", action="append_const", const=TRACE, help="show the forward pass step by step"
    )
    one.add_argument("--mine", metavar="PATH", help="your file of an earlier lab, or a folder of such")
    one.set_defaults(run=test)
    two = commands.add_parser("verify", help="hold a lab's own solutions to their word")
    two.add_argument("lab", nargs="?", help="slug or folder; all labs of the catalogue if left out")
    two.add_argument("--times", type=at_least_one, default=3, help="how many draws the reference must pass")
    two.add_argument("--mutants", action="store_true", help="change the reference bit by bit: some check must notice")
    two.add_argument("--write-proof", action="store_true", help="run all of it and keep what came of it in proof.json")
    two.add_argument("--stale", action="store_true", help="only labs whose proof.json is missing or of other files")
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
    how.add_argument("--gpu", action="store_true", help="try whether the card here can serve the lane gpu")
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
    except (BootError, NoSandboxError, NoCardError, LabError) as error:
        sys.stderr.write(f"{error}\n")
        if arguments.run is test and arguments.json:
            _say(Report(verdict=Verdict.INFRA_ERROR, message=str(error)).model_dump_json())
        return Exit.INFRASTRUCTURE
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return Exit.INTERRUPTED


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # standard output holds the answer
    sys.exit(main())
