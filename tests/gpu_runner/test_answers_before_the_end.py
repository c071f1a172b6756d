"""A value is taken as soon as it is there: what its process does afterwards can neither change nor delay it."""

from __future__ import annotations

import pytest

from gpu_runner.protocol import Verdict
from tests.gpu_runner.conftest import Judge

pytestmark = pytest.mark.sandbox

REWRITES_LATER = """
import os, mmap, threading, time
def spoil():
    while True:
        try:
            with mmap.mmap(3, os.fstat(3).st_size) as result:
                size = int.from_bytes(result[:8], "little")
                if size:
                    result[8 + size:] = bytes(len(result) - 8 - size)
        except (OSError, ValueError):
            pass
threading.Thread(target=spoil, daemon=True).start()
def double(x):
    return 2 * x
"""
SAYS_DONE_EARLY = """
import os, time
def double(x):
    os.write(5, b"v")
    time.sleep(3600)
"""
SAYS_DONE_AND_HANGS_WITH_AN_EMPTY_FILE = """
import os, time
def double(x):
    os.ftruncate(3, 0)
    os.write(5, b"v")
    time.sleep(3600)
"""
CLOSES_DONE = """
import os
os.close(5)
def double(x):
    return 2 * x
"""
HANGS_AFTERWARDS = """
import os, time
real = os._exit
def wait(code):
    time.sleep(3600)
os._exit = wait
def double(x):
    return 2 * x
"""
SAYS_SOMETHING_ELSE = """
import os
os.write(5, b"x")
def double(x):
    return 2 * x
"""
LEAVES_A_DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(3600)
def double(x):
    return 2 * x
"""


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        pytest.param(SAYS_DONE_EARLY, Verdict.TIMEOUT, id="done-before-any-answer-is-waited-for"),
        pytest.param(SAYS_DONE_AND_HANGS_WITH_AN_EMPTY_FILE, Verdict.NO_RESULT, id="done-with-an-empty-file"),
        pytest.param(CLOSES_DONE, Verdict.PASSED, id="done-closed"),
        pytest.param(HANGS_AFTERWARDS, Verdict.PASSED, id="hangs-after-the-answer"),
        pytest.param(SAYS_SOMETHING_ELSE, Verdict.PASSED, id="another-word"),
        pytest.param(LEAVES_A_DAEMON, Verdict.PASSED, id="daemon"),
    ],
)
def test_only_a_complete_value_ends_a_call_early(judge: Judge, source: str, verdict: Verdict) -> None:
    assert judge(source, wall_s=2.0).verdict is verdict


def test_a_thread_that_rewrites_the_answer_is_never_our_failure(judge: Judge) -> None:
    """Its answer is what was there when it was taken: right, spoiled or unreadable."""
    assert judge(REWRITES_LATER).verdict in {Verdict.PASSED, Verdict.FAILED, Verdict.NO_RESULT}
