"""`lab test` given what it should not be given, and `--json` in every case."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gpu_runner import lab
from gpu_runner.labspec import read_files, read_lab
from gpu_runner.new_lab import make_lab
from gpu_runner.supervisor.trial import source_problem

ENDLESS = "import time\nprint('begun', flush=True)\ndef centre(x):\n    time.sleep(60)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lab, "CATALOGUE", tmp_path)
    return make_lab("centred-rows", tmp_path)


@pytest.mark.usefixtures("folder")
def test_a_slug_that_is_nearly_right_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["test", "centerd-rows", "x.py"]) == lab.Exit.USAGE
    told = capsys.readouterr()
    assert told.err.endswith("Did you mean centred-rows?\n")
    assert told.out == ""


@pytest.mark.usefixtures("folder")
def test_a_slug_that_is_like_nothing_gets_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["test", "zzz", "x.py"]) == lab.Exit.USAGE
    assert capsys.readouterr().err.endswith("There are centred-rows.\n")


def test_a_check_that_is_nearly_right_is_offered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["test", "centred-rows", str(folder / "solution.py"), "--check", "gradient"]) == lab.Exit.USAGE
    assert capsys.readouterr().err == "no check 'gradient' in centred-rows. Did you mean gradients?\n"


@pytest.mark.parametrize("times", ["0", "-1", "many"])
@pytest.mark.usefixtures("folder")
def test_no_draws_prove_nothing(times: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        lab.main(["verify", "centred-rows", "--times", times])
    assert left.value.code == lab.Exit.USAGE
    assert "--times" in capsys.readouterr().err


def test_a_folder_is_no_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["test", "centred-rows", str(folder)]) == lab.Exit.USAGE
    assert "Is a directory" in capsys.readouterr().err


def test_ten_megabytes_are_read_and_refused_later(folder: Path) -> None:
    (folder / "long.py").write_text("#" * 10_000_000)
    assert "the limit is 256 KiB" in source_problem(lab.read_source(folder / "long.py"), read_lab(read_files(folder)))


def test_bytes_that_are_no_text_are_refused_in_the_sites_words(folder: Path) -> None:
    (folder / "binary.py").write_bytes(bytes(range(256)))
    problem = source_problem(lab.read_source(folder / "binary.py"), read_lab(read_files(folder)))
    assert problem == "centring.py is not valid UTF-8 text."


def test_an_endless_file_is_read_to_where_it_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "ENDLESS", 1000)
    assert len(lab.read_source(Path("/dev/zero"))) == 1000


def test_a_lab_that_cannot_be_read_is_one_object_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "random.py").touch()
    assert lab.main(["test", str(folder), str(folder / "solution.py"), "--json"]) == lab.Exit.INFRASTRUCTURE
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert report["verdict"] == "infra_error"
    assert "choose another name" in report["message"]
    assert "choose another name" in told.err


def run(folder: Path, file: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gpu_runner.lab", "test", str(folder), str(folder / file), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


@pytest.mark.sandbox
def test_json_is_one_object_on_standard_output_and_nothing_else(folder: Path) -> None:
    out, _ = (process := run(folder, "starter.py", "--json")).communicate(timeout=120)
    assert process.returncode == lab.Exit.NOT_PASSED
    report = json.loads(out)
    assert set(report) >= {"verdict", "checks", "usage", "limits", "log"}
    assert out.count(b"\n") == 1


@pytest.mark.sandbox
def test_ctrl_c_shows_what_landed_and_leaves_no_process(folder: Path) -> None:
    (folder / "endless.py").write_text(ENDLESS)
    process = run(folder, "endless.py")
    assert process.stdout is not None
    assert b"| begun" in process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == lab.Exit.INTERRUPTED
    assert b"Cancelled." in out
    assert err.endswith(b"Interrupted.\n")
    with pytest.raises(ProcessLookupError):  # the group holds nobody any more
        _wait_for_the_end_of(process.pid)


def _wait_for_the_end_of(group: int) -> None:
    for _ in range(50):
        os.killpg(group, 0)
        time.sleep(0.1)


@pytest.mark.sandbox
def test_on_a_terminal_the_next_check_is_named_while_it_runs(folder: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "gpu_runner.lab", "test", str(folder), str(folder / "solution.py")]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 65536):
            seen += piece
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(timeout=60) == lab.Exit.PASSED
    assert "\r\x1b[K…            Every row has mean zero".encode() in seen
    assert b"passed       The input is left alone" in seen
