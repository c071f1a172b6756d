"""A new lab is sound before its author has changed a word, here and for the site's catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_runner import lab
from gpu_runner.new_lab import make_lab
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.verify import verify
from labs.sync import check


@pytest.mark.sandbox
def test_a_new_lab_is_sound(tmp_path: Path, supervisor: Supervisor) -> None:
    assert verify(make_lab("my-lab", tmp_path), supervisor.judge, times=2, say=print) == []


def test_the_sites_catalogue_takes_a_new_lab(tmp_path: Path) -> None:
    make_lab("my-lab", tmp_path)
    make_lab("another", tmp_path)
    assert check(tmp_path) == []


def test_the_command_makes_it_where_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.main(["new", "my-lab", "--into", str(tmp_path)]) == lab.Exit.PASSED
    assert f"residual lab verify {tmp_path / 'my-lab'}" in capsys.readouterr().out
    assert "title: My lab\n" in (tmp_path / "my-lab/lab.yaml").read_text()


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "my-lab").mkdir()
    assert lab.main(["new", "my-lab", "--into", str(tmp_path)]) == lab.Exit.USAGE
    assert "File exists" in capsys.readouterr().err
    assert not list((tmp_path / "my-lab").iterdir())


def test_a_slug_is_offered_for_a_title(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Try gated-mlp-2"):
        make_lab("Gated MLP (2)", tmp_path)


@pytest.mark.parametrize("slug", ["", "My-lab", "../my-lab", "my--lab", "-x", "my_lab", "a" * 65])
def test_an_odd_slug_is_refused(slug: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no slug"):
        make_lab(slug, tmp_path)
