"""The first lab keeps its word: reference, starter and every known-bad solution."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_runner.protocol import Verdict, judging_files
from gpu_runner.supervisor.judge import Supervisor
from gpu_runner.supervisor.trial import Submission
from gpu_runner.verify import verify

pytestmark = pytest.mark.sandbox
FOLDER = Path(__file__).parents[2] / "labs" / "catalog" / "scaled-dot-product-attention"


def test_the_lab_is_sound(supervisor: Supervisor) -> None:
    said: list[str] = []

    assert verify(FOLDER, supervisor.judge, times=1, say=said.append) == []
    assert sum("wrong/" in line for line in said) >= 10


@pytest.mark.parametrize(
    "body",
    [
        "    logits = torch.einsum('bhid,bhjd->bhij', q, k) * d ** -0.5\n"
        "    return torch.einsum('bhij,bhjd->bhid', logits.softmax(-1), v)",
        "    s = q @ k.mT / d ** 0.5\n"
        "    e = (s - s.amax(-1, keepdim=True)).exp()\n"
        "    return e @ v / e.sum(-1, keepdim=True)",
        "    return ((q / d ** 0.25) @ (k / d ** 0.25).mT).softmax(-1) @ v",
        "    out = torch.empty_like(q)\n"
        "    for b in range(q.shape[0]):\n"
        "        for h in range(q.shape[1]):\n"
        "            out[b, h] = torch.softmax(q[b, h] @ k[b, h].T / d ** 0.5, -1) @ v[b, h]\n"
        "    return out",
        "    return (torch.softmax(q.double() @ k.double().mT / d ** 0.5, -1) @ v.double()).float()",
        "    return torch.softmax(torch.log_softmax(q @ k.mT / d ** 0.5, -1), -1) @ v",
    ],
    ids=["einsum", "own softmax", "scaled beforehand", "loops", "in float64", "log_softmax"],
)
def test_other_right_ways_to_write_it_pass(supervisor: Supervisor, body: str) -> None:
    source = f"import torch\n\ndef attention(q, k, v):\n    d = q.shape[-1]\n{body}\n"

    report = supervisor.judge(Submission(judging_files(FOLDER), source))

    assert report.verdict is Verdict.PASSED, [check.message for check in report.checks]
