"""`from mine import …`: earlier parts in a later run, each a module of its own, and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpu_runner.labspec import LabError, LabSpec, read_files, read_lab
from gpu_runner.parts import own, references
from gpu_runner.protocol import Part, Report, Verdict
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.trial import Submission
from tests.gpu_runner.conftest import CHECKS, LAB
from tests.labs.catalog.choosing import CATALOG

TWICE = "STATE = []\n\ndef twice(x):\n    STATE.append(x)\n    return 2 * x\n"
BROKEN = "def twice(x):\n    y = x + 1\n    return y.no_such_thing()\n"


def part(lab: str = "doubling", filename: str = "doubling.py", source: str = TWICE, **fields: Any) -> Part:
    return Part(lab=lab, filename=filename, source=source, **{"exports": ["twice"], **fields})


def run(supervisor: Supervisor, source: str, *parts: Part) -> Report:
    return supervisor.judge(Submission({"lab.yaml": LAB, "checks.py": CHECKS}, source, mine=parts))


def message(report: Report) -> str:
    return report.checks[0].message


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "source",
    [
        "from mine import twice as double",
        "from mine.doubling import twice as double",
        "import mine\ndef double(x):\n    return mine.twice(x)",
        "from mine import doubling\ndouble = doubling.twice",
    ],
    ids=["name", "from its module", "attribute", "module"],
)
def test_an_earlier_part_can_be_imported(source: str, supervisor: Supervisor) -> None:
    assert run(supervisor, source, part()).verdict is Verdict.PASSED


@pytest.mark.sandbox
def test_parts_do_not_share_a_namespace(supervisor: Supervisor) -> None:
    uses = "from mine import twice\nSTATE = 'other'\n\ndef double(x):\n    return twice(x)\n"
    other = part("other", "other.py", uses, exports=["double"])
    source = "import mine.other\nfrom mine.doubling import STATE\nassert STATE == []\ndouble = mine.other.double\n"

    assert run(supervisor, source, part(), other).verdict is Verdict.PASSED


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("source", "parts", "says"),
    [
        ("from mine import twice as double", [], "No module named 'mine'"),
        ("from mine import half as double", [part()], "mine has no half; this lab may import twice"),
        (
            "from mine import twice as double",
            [part(), part("other", "other.py")],
            "twice is in mine.doubling and mine.other; import it from the one that you mean",
        ),
        ("from mine import twice as double", [part(source="", missing="pass Doubling first")], "pass Doubling first"),
        ("import mine\nmine.twice = lambda x: 2 * x\ndouble = mine.twice", [part()], "mine is read-only"),
    ],
    ids=["no parts", "unknown name", "ambiguous", "not passed", "overwritten"],
)
def test_what_is_not_there_is_said(source: str, parts: list[Part], says: str, supervisor: Supervisor) -> None:
    report = run(supervisor, source, *parts)

    assert report.verdict is Verdict.ERROR
    assert says in message(report)


@pytest.mark.sandbox
@pytest.mark.parametrize(("origin", "whose"), [("own", "your doubling"), ("reference", "the reference’s doubling")])
def test_an_error_inside_a_part_is_reported_as_there(origin: str, whose: str, supervisor: Supervisor) -> None:
    report = run(
        supervisor,
        "from mine import twice\n\ndef double(x):\n    return twice(x)\n",
        part(source=BROKEN, origin=origin),
    )

    assert message(report).endswith(f"(in {whose}, line 3)")
    outer, inner = report.checks[0].details["traceback"]
    assert (outer["line"], "part" in outer) == (4, False)
    assert inner == {"line": 3, "function": "twice", "text": "return y.no_such_thing()", "part": whose}


@pytest.mark.sandbox
def test_no_part_of_an_earlier_run_is_left(supervisor: Supervisor) -> None:
    """The next submission, of whomever, starts in a fresh child: it finds no module, no source and no cached line."""
    assert run(supervisor, "from mine import twice as double", part(source=TWICE + "SECRET = 'of-somebody-else'\n"))
    spy = (
        "import gc, linecache, sys\n"
        "assert not [m for m in sys.modules if m.startswith('mine')]\n"
        "assert not [name for name in linecache.cache if name.startswith('mine/')]\n"
        "word = '-'.join(['of', 'somebody', 'else'])\n"
        "texts = [[v for v in o.values() if type(v) is str] for o in gc.get_objects() if type(o) is dict]\n"
        "assert sum(found.count(word) for found in texts) == 1  # our own\n"
        "def double(x):\n    return 2 * x\n"
    )

    report = run(supervisor, spy)
    assert (report.verdict, message(report)) == (Verdict.PASSED, "")


def spec(mine: list[str]) -> LabSpec:
    return read_lab(read_files(CATALOG / "transformer-block")).model_copy(update={"mine": mine})


def test_at_home_the_parts_are_your_files(tmp_path: Path) -> None:
    lab = spec(["lab-multi-head-attention"])
    (tmp_path / "multihead.py").write_text("MINE = 1\n")

    for place in (tmp_path, tmp_path / "multihead.py"):
        (found,) = own(lab, CATALOG, place)
        assert (found.lab, found.source, found.missing) == ("multi-head-attention", "MINE = 1\n", "")
    for given in (None, tmp_path / "elsewhere", tmp_path / "other.py"):
        (found,) = own(lab, CATALOG, given)
        assert "there is no multihead.py of the lab multi-head-attention; name it: --mine" in found.missing


def test_the_catalogues_own_files_are_given_references() -> None:
    (found,) = references(spec(["lab-multi-head-attention"]), CATALOG)
    assert (found.origin, found.filename) == ("reference", "multihead.py")
    assert "class MultiHeadAttention" in found.source
    assert references(spec([]), CATALOG) == []


def test_parts_of_parts_come_along_once() -> None:
    found = references(spec(["lab-transformer-block", "lab-multi-head-attention"]), CATALOG)
    assert [part.lab for part in found] == ["transformer-block", "multi-head-attention"]


def test_a_lab_that_is_not_there_is_named() -> None:
    with pytest.raises(LabError, match="lab-nowhere, which is no lab"):
        references(spec(["lab-nowhere"]), CATALOG)
