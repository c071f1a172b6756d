"""What a known-bad solution says about itself in its first lines, and whether its report bears it out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpu_runner.protocol import Verdict

if TYPE_CHECKING:
    from gpu_runner.protocol import Report


@dataclass(frozen=True, slots=True)
class Claim:
    """The checks that fail, and no others; the misconception recognised; words of a message; what kind of baseline."""

    fails: frozenset[str]
    mistake: str = ""
    says: tuple[str, ...] = ()
    baseline: str = ""


def read_claim(source: str) -> Claim | None:
    """Read `# fails: a, b`, then `# mistake: id`, `# says: words` and `# baseline: words`; None without the first."""
    fails = re.match(r"# fails: ([a-z0-9-]+(?:, *[a-z0-9-]+)*)\n", source)
    if not fails:
        return None
    head = "\n".join(_leading_comments(source))
    mistake, baseline = (re.search(rf"^# {key}: (.+)$", head, re.MULTILINE) for key in ("mistake", "baseline"))
    return Claim(
        fails=frozenset(re.split(r", *", fails[1])),
        mistake=mistake[1].strip() if mistake else "",
        says=tuple(words.strip() for words in re.findall(r"^# says: (.+)$", head, re.MULTILINE)),
        baseline=baseline[1].strip() if baseline else "",
    )


def broken_claim(name: str, source: str, report: Report) -> list[str]:
    """How a known-bad solution's report differs from what its first lines claim, as sentences."""
    claim = read_claim(source)
    if claim is None:
        return [f"wrong/{name}: the first line must be `# fails: <check id>`"]
    failing = {r.id: r for r in report.checks if r.verdict is not Verdict.PASSED}
    problems = [
        f"wrong/{name}: check {r.id} breaks on it, and is ours to mend: {r.message}"
        for r in failing.values()
        if r.verdict is Verdict.INFRA_ERROR
    ]
    if failing.keys() != claim.fails:
        problems.append(f"wrong/{name}: claims to fail {sorted(claim.fails)} and fails {sorted(failing)}")
    named = {r.details["misconception"]["id"] for r in report.checks if "misconception" in r.details}
    if claim.mistake and claim.mistake not in named:
        problems.append(f"wrong/{name}: its mistake {claim.mistake} is not recognised (named: {sorted(named)})")
    told = {r.id: r.message for r in failing.values()}
    unsaid = [words for words in claim.says if not any(words in message for message in told.values())]
    return problems + [f"wrong/{name}: no message says {words!r} (they say: {told})" for words in unsaid]


def _leading_comments(source: str) -> list[str]:
    lines = source.splitlines()
    end = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return lines[:end]
