"""A known-bad solution is borne out by the verdicts it names alone, and never by a check that breaks."""

from __future__ import annotations

import pytest

from gpu_runner.claims import broken_claim
from gpu_runner.protocol import CheckResult, Evidence, Report, Verdict


def report(**verdicts: Verdict) -> Report:
    checks = [
        CheckResult(id=name, title=name, evidence=Evidence.COMPUTED, verdict=verdict, message="said so")
        for name, verdict in verdicts.items()
    ]
    return Report(verdict=Verdict.FAILED, checks=checks)


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.ERROR, Verdict.TIMEOUT, Verdict.NO_RESULT])
def test_a_claim_holds_whatever_way_the_named_check_says_no(verdict: Verdict) -> None:
    assert broken_claim("late.py", "# fails: values\n", report(values=verdict, shape=Verdict.PASSED)) == []


def test_a_check_that_breaks_bears_no_claim_out() -> None:
    problems = broken_claim("late.py", "# fails: values\n", report(values=Verdict.INFRA_ERROR, shape=Verdict.PASSED))

    assert problems == ["wrong/late.py: check values breaks on it, and is ours to mend: said so"]


def test_one_failure_more_than_claimed_is_named() -> None:
    problems = broken_claim("late.py", "# fails: values\n", report(values=Verdict.FAILED, shape=Verdict.FAILED))

    assert problems == ["wrong/late.py: claims to fail ['values'] and fails ['shape', 'values']"]
