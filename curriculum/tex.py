"""TeX to MathML by Temml, in a child process: a formula that hangs or crashes the engine takes nothing with it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TEMML_VERSION: Final = "0.13.5"
TEMML_SHA256: Final = "1ab19148afe0dbc836b7a74f344071b3f3a70a7a8259ae4049e76894fcdf8d95"
TEMML: Final = Path(__file__).parent / "vendor" / "temml" / "temml.min.js"

_WORKER: Final = Path(__file__).with_name("tex_worker.py")
_TIMEOUT_S: Final = 30


class EngineError(RuntimeError):
    """The engine itself failed: it timed out, crashed or could not start. No formula is to blame by name."""


@dataclass(frozen=True, slots=True)
class Formula:
    tex: str
    display: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """MathML, or the parser's complaint. The MathML is not sanitised yet."""

    mathml: str = ""
    error: str = ""


def to_mathml(formulas: Sequence[Formula]) -> list[Rendered]:
    """One answer per formula, in order, from one child process; none is started for no formulas."""
    if not formulas:
        return []
    request = {"engine": str(TEMML), "formulas": [[formula.tex, formula.display] for formula in formulas]}
    answers = json.loads(_run_worker(json.dumps(request)))
    return [Rendered(mathml or "", error or "") for mathml, error in answers]


def _run_worker(request: str) -> str:
    command = [sys.executable, "-I", str(_WORKER)]
    try:
        done = subprocess.run(
            command, input=request, capture_output=True, text=True, encoding="utf-8", timeout=_TIMEOUT_S, check=True
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"The TeX engine did not answer within {_TIMEOUT_S} s.") from None
    except subprocess.CalledProcessError as error:
        raise EngineError(f"The TeX engine stopped with status {error.returncode}: {error.stderr[-500:]}") from error
    return done.stdout
