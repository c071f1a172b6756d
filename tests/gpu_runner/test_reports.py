"""A failed check says where, by how much and most likely why."""

from __future__ import annotations

import pytest

from gpu_runner.protocol import Verdict
from tests.gpu_runner.conftest import Judge
from tests.gpu_runner.hostile import HONEST

pytestmark = pytest.mark.sandbox


def test_a_wrong_value_is_reported_with_axes_index_and_size(judge: Judge) -> None:
    report = judge("def double(x):\n    y = 2 * x\n    y[1, 0] += 1\n    return y\n")

    details = report.checks[0].details
    assert [axis["name"] for axis in details["axes"]] == ["A", "B"]
    assert details["first_bad_index"] == [1, 0]
    assert details["max_error"] == pytest.approx(1, abs=1e-5)
    assert details["got"] - details["expected"] == pytest.approx(1, abs=1e-5)
    assert "(a=1, b=0)" in report.checks[0].message


def test_a_known_misconception_is_named_with_its_distance(judge: Judge) -> None:
    report = judge("def double(x):\n    return 3 * x\n")

    assert report.checks[0].message.startswith("Your answer equals three times the input to ")
    assert report.checks[0].details["misconception"]["id"] == "thrice"
    assert report.checks[0].details["misconception"]["distance"] < 1e-5


def test_swapped_axes_are_shown_by_name_and_size(judge: Judge) -> None:
    report = judge("def double(x):\n    return 2 * x.mT\n")

    sizes = report.checks[0].details["inputs"]["sizes"]
    a, b = sizes["A"], sizes["B"]
    assert a != b
    assert report.checks[0].message == f"The shape is (A={b}, B={a}); expected (A={a}, B={b})."


def test_the_traceback_holds_the_learners_own_lines_only(judge: Judge) -> None:
    report = judge("def helper(x):\n    return x.nope\n\ndef double(x):\n    return helper(x)\n")

    assert report.verdict is Verdict.ERROR
    assert report.checks[0].details["traceback"] == [
        {"line": 5, "function": "double", "text": "return helper(x)"},
        {"line": 2, "function": "helper", "text": "return x.nope"},
    ]


def test_inputs_differ_from_submission_to_submission(judge: Judge) -> None:
    first, second = (judge("def double(x):\n    return 0 * x\n").checks[0].details["inputs"]["seed"] for _ in range(2))

    assert first != second


def test_what_was_printed_is_in_the_log_under_the_checks_name(judge: Judge) -> None:
    report = judge("print('at import')\ndef double(x):\n    print('\\0in the call')\n    return 2 * x\n")

    assert report.log == "[values]\nat import\n\N{REPLACEMENT CHARACTER}in the call\n"


def test_usage_is_measured_and_limits_are_stated(judge: Judge) -> None:
    report = judge("def double(x):\n    kept = bytearray(b'x') * (60 << 20)\n    return 2 * x\n")

    assert 60 <= report.checks[0].usage.peak_mb < 110
    assert report.usage.wall_s > 0
    assert report.limits.memory_mb == 128


@pytest.mark.parametrize(
    ("source", "says"),
    [("", "empty"), ("x = '" + "a" * 300_000 + "'", "256 KiB"), ("a\0", "NUL"), ("x = '\ud800'", "UTF-8")],
    ids=["empty", "too large", "NUL", "not UTF-8"],
)
def test_a_source_that_cannot_be_judged_gets_a_clear_message(judge: Judge, source: str, says: str) -> None:
    report = judge(source)

    assert report.verdict is Verdict.ERROR
    assert says in report.message


def test_an_exception_in_the_checks_is_the_authors_and_never_the_learners(judge: Judge) -> None:
    checks = b"from gpu_runner.checking import check\n\n@check('values')\ndef broken(lab):\n    1 / 0\n"

    report = judge(HONEST, checks=checks)

    assert report.verdict is Verdict.INFRA_ERROR
    assert "ZeroDivisionError" in report.checks[0].message


def test_checks_that_do_not_match_the_declared_ones_are_refused(judge: Judge) -> None:
    checks = b"from gpu_runner.checking import check\n\n@check('other')\ndef other(lab):\n    pass\n"

    report = judge(HONEST, checks=checks)

    assert report.verdict is Verdict.INFRA_ERROR
    assert "lab.yaml declares" in report.message


@pytest.mark.parametrize("body", ["    while True: pass\n", "    import os; os._exit(0)\n"], ids=["hangs", "dies"])
def test_a_check_that_hangs_or_dies_is_ours_and_the_next_submission_passes(
    judge: Judge, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpu_runner.supervisor.judge.CHECKER_PATIENCE_S", 3.0)
    checks = b"from gpu_runner.checking import check\n\n@check('values')\ndef broken(lab):\n" + body.encode()

    report = judge(HONEST, checks=checks)

    assert report.verdict is Verdict.INFRA_ERROR
    assert "stopped before this check was done" in report.checks[0].message
    assert judge(HONEST).verdict is Verdict.PASSED
