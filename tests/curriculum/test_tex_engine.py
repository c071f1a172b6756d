"""The engine that turns TeX into MathML is the file we say it is, and can't take the site with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from curriculum import tex
from curriculum.tex import TEMML, TEMML_SHA256, TEMML_VERSION, EngineError, Formula, to_mathml


def test_the_vendored_file_is_the_one_that_was_reviewed() -> None:
    assert hashlib.sha256(TEMML.read_bytes()).hexdigest() == TEMML_SHA256
    assert f"Temml {TEMML_VERSION}" in (TEMML.parent / "README.md").read_text(encoding="utf-8")
    assert "MIT License" in (TEMML.parent / "LICENSE").read_text(encoding="utf-8")


def test_answers_come_in_the_order_of_the_formulas() -> None:
    first, broken, last = to_mathml(
        [Formula("a", display=False), Formula("\\frac{", display=False), Formula("b", display=True)]
    )

    assert "<mi>a</mi>" in first.mathml
    assert broken.mathml == ""
    assert broken.error.startswith("Unexpected end of input")
    assert 'display="block"' in last.mathml


def test_a_macro_that_expands_for_ever_is_an_error_of_its_own_formula() -> None:
    endless, fine = to_mathml([Formula("\\def\\a{\\a\\a}\\a", display=False), Formula("x", display=False)])

    assert "Too many expansions" in endless.error
    assert fine.mathml


def test_an_engine_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    monkeypatch.setattr(tex, "_WORKER", worker)
    monkeypatch.setattr(tex, "_TIMEOUT_S", 0.2)

    with pytest.raises(EngineError, match="did not answer"):
        to_mathml([Formula("x", display=False)])


def test_an_engine_that_crashes_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text("raise SystemExit('no engine here')\n", encoding="utf-8")
    monkeypatch.setattr(tex, "_WORKER", worker)

    with pytest.raises(EngineError, match="status 1: no engine here"):
        to_mathml([Formula("x", display=False)])
