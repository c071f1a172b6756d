"""A lab's trusted side may have several modules: checks import them, and learners' code never sees them."""

from __future__ import annotations

import pytest

from gpu_runner.protocol import Verdict
from gpu_runner.verify import idle_modules
from tests.gpu_runner.conftest import Judge

CHECKS = b"""
from gpu_runner.checking import Lab, check
from misconceptions import KNOWN

@check("values")
def twice_the_input_exactly(lab: Lab) -> None:
    from reference import twice
    x = lab.normal("A B")
    lab.agrees(lab.call("double", x), twice, on=(x,), axes="A B", misconceptions=KNOWN)
"""
REFERENCE = b"""
MARK = "the-answer-stands-here"

def twice(x):
    return 2 * x

def thrice(x):
    return 3 * x
"""
KNOWN = b"""
from gpu_runner.checking import Misconception
from reference import thrice

KNOWN = [Misconception("thrice", "three times the input", thrice)]
"""
SPIES = {
    "import": "import reference",
    "import by machinery": "import importlib.util; assert importlib.util.find_spec('reference')",
    "loaded modules": "import sys; assert {'reference', 'misconceptions', 'checks'} & set(sys.modules)",
    "objects": "import gc; assert 'thrice' in {o.__name__ for o in gc.get_objects() if type(o) is type(double)}",
    "memory": """
import re
from pathlib import Path
found = False
for line in Path('/proc/self/maps').read_text().splitlines():
    start, _, end = line.split()[0].partition('-')
    if line.split()[1].startswith('rw'):
        with open('/proc/self/mem', 'rb') as memory:
            memory.seek(int(start, 16))
            page = memory.read(min(int(end, 16) - int(start, 16), 64 << 20))
        found = found or re.search(rb'the-answer[-]stands-here', page)
assert found
""",
    "files": """
import os
seen = set()
for _, folders, files in os.walk('/'):
    seen |= {*files}
    folders[:] = {*folders} - {'proc', 'usr', 'lib', 'lib64', 'site-packages'}
assert {'reference.py', 'misconceptions.py', 'checks.py'} & seen
""",
}


def test_checks_import_their_siblings_and_these_each_other(judge: Judge) -> None:
    modules = {"reference": REFERENCE, "misconceptions": KNOWN}

    assert judge("def double(x):\n    return 2 * x\n", CHECKS, **modules).verdict is Verdict.PASSED
    wrong = judge("def double(x):\n    return 3 * x\n", CHECKS, **modules)
    assert wrong.checks[0].details["misconception"]["id"] == "thrice"


@pytest.mark.parametrize("way", SPIES)
def test_learners_code_finds_no_trusted_module(way: str, judge: Judge) -> None:
    spying = "".join(f"    {line}\n" for line in SPIES[way].strip().splitlines())
    report = judge(f"def double(x):\n{spying}    return 2 * x\n", CHECKS, reference=REFERENCE, misconceptions=KNOWN)

    assert report.verdict is Verdict.ERROR, report.checks[0].message
    assert report.checks[0].message.startswith(("AssertionError", "ModuleNotFoundError"))


def test_a_broken_module_is_the_authors_mistake_and_named(judge: Judge) -> None:
    report = judge("def double(x):\n    return 2 * x\n", CHECKS, reference=REFERENCE, misconceptions=b"1 / 0")

    assert report.verdict is Verdict.INFRA_ERROR
    assert "misconceptions.py" in report.message
    assert "ZeroDivisionError" in report.message


def test_a_module_that_nothing_imports_is_named() -> None:
    files = {"checks.py": CHECKS, "misconceptions.py": KNOWN, "reference.py": REFERENCE, "my_try.py": b"import checks"}
    files |= {"probe.py": b"", "solution.py": b"", "lab.yaml": b"", "data/tool.py": b""}

    assert idle_modules(files) == ["my_try"]
