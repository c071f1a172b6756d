"""The command line answers with one JSON object and an exit code that says who has to act."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gpu_runner import lab
from gpu_runner.new_lab import make_lab
from gpu_runner.supervisor.judge import Supervisor
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.gpu_runner.hostile import HONEST

pytestmark = pytest.mark.sandbox


@pytest.fixture
def folder(tmp_path: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab on disk; the command uses the warm supervisor of the session instead of starting one."""

    @contextmanager
    def warm(**_: object) -> Iterator[Supervisor]:
        yield supervisor

    monkeypatch.setattr(lab, "Supervisor", warm)
    (tmp_path / "wrong").mkdir()
    files = {
        "lab.yaml": LAB,
        "checks.py": CHECKS,
        "solution.py": HONEST.encode(),
        "starter.py": b"def double(x):\n    raise NotImplementedError('write double')\n",
        "wrong/thrice.py": b"# fails: values\n# mistake: thrice\ndef double(x):\n    return 3 * x\n",
        "wrong/zeros.py": b"# fails: values\n# baseline: zeros\ndef double(x):\n    return 0 * x\n",
    }
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    return tmp_path


def test_a_passing_file_is_0_and_one_json_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["test", str(folder), str(folder / "solution.py"), "--json"]) == lab.Exit.PASSED

    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "passed"
    assert set(report["checks"][0]) >= {"id", "title", "verdict", "message", "details"}
    assert set(report["usage"]) == {"wall_s", "cpu_s", "peak_mb"}
    assert report["limits"]["memory_mb"] == 128
    assert report["log"] == ""


def test_a_failing_file_is_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["test", str(folder), str(folder / "starter.py")]) == lab.Exit.NOT_PASSED
    assert "NotImplementedError" in capsys.readouterr().out


def test_a_broken_lab_is_3(folder: Path) -> None:
    (folder / "checks.py").write_text("import nothing_of_that_name\n")
    assert lab.main(["test", str(folder), str(folder / "solution.py"), "--json"]) == lab.Exit.INFRASTRUCTURE

    (folder / "lab.yaml").write_text("id: only\n")
    assert lab.main(["test", str(folder), str(folder / "solution.py")]) == lab.Exit.INFRASTRUCTURE


@pytest.mark.parametrize("arguments", [["no-such-lab", "x.py"], ["{lab}", "no-such-file.py"]], ids=["lab", "file"])
def test_what_is_not_there_is_2(folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["test", *(a.format(lab=folder) for a in arguments)]) == lab.Exit.USAGE
    assert "no-such-" in capsys.readouterr().err


def test_a_file_that_is_not_text_is_judged_and_not_a_crash(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "binary.py").write_bytes(b"\xff\xfe\0")

    assert lab.main(["test", str(folder), str(folder / "binary.py"), "--json"]) == lab.Exit.NOT_PASSED
    assert json.loads(capsys.readouterr().out)["verdict"] == "error"


def test_verify_accepts_a_sound_lab(folder: Path) -> None:
    assert lab.main(["verify", str(folder)]) == lab.Exit.PASSED


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("solution.py", "def double(x):\n    return x\n", "solution.py: check values says failed"),
        ("starter.py", HONEST, "starter.py passes"),
        (
            "starter.py",
            "def double(x):\n    return x\nif 0:\n    raise NotImplementedError('TODO')\n",
            "nobody is helped",
        ),
        ("wrong/thrice.py", "# fails: values\n# mistake: thrice\ndef double(x):\n    return 5 * x\n", "not recognised"),
        ("wrong/thrice.py", "# fails: values\n" + HONEST, "claims to fail ['values'] and fails []"),
        (
            "wrong/thrice.py",
            "# fails: values\n# says: the weather\ndef double(x):\n    return x\n",
            "says 'the weather'",
        ),
        ("wrong/thrice.py", HONEST, "the first line must be"),
    ],
    ids=[
        "wrong reference",
        "right starter",
        "silent starter",
        "unknown mistake",
        "right wrong",
        "other words",
        "no claim",
    ],
)
def test_verify_names_what_is_unsound(
    folder: Path, name: str, body: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_text(body)

    assert lab.main(["verify", str(folder), "--times", "1"]) == lab.Exit.NOT_PASSED
    assert says in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("checks.py", "def (", "SyntaxError: invalid syntax"),
        ("checks.py", "", "lab.yaml declares ['values'] and checks.py has []"),
        ("lab.yaml", "id: only\n", "  slug: Field required"),
        ("lab.yaml", "title: [", "while parsing"),
        ("starter.py", None, "starter.py is missing"),
        ("random.py", "", "choose another name"),
    ],
    ids=["syntax", "no check", "fields", "no yaml", "no starter", "a name of Python's"],
)
def test_verify_says_once_what_must_be_mended_first(
    folder: Path, name: str, body: str | None, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).unlink(missing_ok=True)
    if body is not None:
        (folder / name).write_text(body)

    assert lab.main(["verify", str(folder)]) == lab.Exit.NOT_PASSED
    told = capsys.readouterr().out
    assert told.count("PROBLEM") == 1
    assert says in told


def test_verify_refuses_a_lab_that_rests_on_the_learners_word(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (folder / "lab.yaml").read_text().replace("computed", "observed")
    (folder / "lab.yaml").write_text(text)

    assert lab.main(["verify", str(folder), "--times", "1"]) == lab.Exit.NOT_PASSED
    assert "no check rests on evidence from outside" in capsys.readouterr().out


def test_verify_without_a_name_holds_every_lab_to_its_word(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue = folder / "catalogue"
    for name in ("one", "two"):
        make_lab(name, catalogue)
    (catalogue / "two/solution.py").write_text("def centre(x):\n    return x\n")
    monkeypatch.setattr(lab, "CATALOGUE", catalogue)

    assert lab.main(["verify", "--times", "1"]) == lab.Exit.NOT_PASSED
    said = capsys.readouterr().out
    assert "one: sound" in said
    assert said.endswith("1 of 2 labs are sound\n  not: two\n")


def test_verify_says_where_no_lab_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lab, "CATALOGUE", folder / "nowhere")

    assert lab.main(["verify"]) == lab.Exit.USAGE
    assert f"no lab in {folder / 'nowhere'}" in capsys.readouterr().err


def test_doctor_names_the_level_in_force(supervisor: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    lab.main(["doctor", "--json"])

    facts = json.loads(capsys.readouterr().out)
    assert facts["level"] == supervisor.level.value
    assert len(facts["missing"]) == len(facts["remedies"])
