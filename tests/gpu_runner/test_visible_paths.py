"""An environment's `python` is a chain of links; the jail must hold every step of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gpu_runner.supervisor import zygotes


def chain(tmp_path: Path) -> Path:
    """environment/bin/python -> usr/python3 -> usr/python3.11, as Debian's python3 -m venv makes it."""
    (tmp_path / "usr").mkdir()
    (tmp_path / "usr/python3.11").touch()
    (tmp_path / "usr/python3").symlink_to("python3.11")
    (tmp_path / "environment/bin").mkdir(parents=True)
    (tmp_path / "environment/bin/python").symlink_to(tmp_path / "usr/python3")
    return tmp_path / "environment/bin/python"


def test_every_step_to_the_interpreter_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(chain(tmp_path)))
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    shown = zygotes.visible_paths()
    assert str(tmp_path / "usr/python3") in shown
    assert str(tmp_path / "usr/python3.11") in shown


def test_the_environment_is_shown_before_single_files_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable = chain(tmp_path)
    executable.with_name("python3").symlink_to("python")
    monkeypatch.setattr(sys, "executable", str(executable.with_name("python3")))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    shown = zygotes.visible_paths()
    assert shown.index(str(tmp_path / "environment")) < shown.index(str(executable))
