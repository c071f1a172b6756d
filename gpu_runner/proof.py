"""`proof.json`: what was run to show that a lab judges fairly, under the digest of the files that it speaks of."""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import UTC, datetime
from importlib import metadata
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from gpu_runner.claims import read_claim
from gpu_runner.labspec import read_files, read_lab
from gpu_runner.protocol import CHECK_LIBRARY, Lane, Report, Verdict, judge_digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpu_runner.killing import Hunt

FILE: Final = "proof.json"
ENTROPIES: Final = 20
SEEDS_OF_TRAINING: Final = 10
LIBRARIES: Final = ("torch", "numpy", "safetensors", "transformers", "diffusers", "peft", "scikit-learn")


def draws(lane: str) -> int:
    """How many fresh draws the reference must pass: a training lab fewer, for each costs seconds."""
    return SEEDS_OF_TRAINING if lane == Lane.TRAIN else ENTROPIES


def proof_digest(folder: Path) -> str:
    """SHA-256 over all that a proof speaks of: judging files, check library, starter, known-bad, explained mutants."""
    digest = hashlib.sha256(judge_digest(read_files(folder)).encode())
    others = [folder / "starter.py", folder / "mutants.yaml", *sorted((folder / "wrong").glob("*.py"))]
    for path in others:
        if path.is_file():
            name, body = path.relative_to(folder).as_posix().encode(), path.read_bytes()
            digest.update(f"{len(name)}:{len(body)}:".encode() + name + body)
    return digest.hexdigest()


def stale(folder: Path) -> str:
    """Why a lab's proof does not hold for its files, or nothing."""
    remedy = f"run: residual lab verify {folder.name} --write-proof"
    try:
        found = read_proof(folder)
    except FileNotFoundError:
        return f"{folder.name} has no {FILE}; {remedy}"
    except ValueError as error:
        return f"{folder.name}/{FILE} cannot be read ({error}); {remedy}"
    if found.get("digest") != proof_digest(folder):
        return f"{folder.name}/{FILE} was written for other files than these; {remedy}"
    return ""


def read_proof(folder: Path) -> dict[str, Any]:
    """The proof as written. Raises FileNotFoundError, and ValueError for what is no JSON object."""
    found = json.loads((folder / FILE).read_text())
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - a file of the wrong content, like broken JSON
    return found


def build_proof(folder: Path, reports: dict[str, list[Report]], found: Hunt) -> dict[str, Any]:
    """All of it, from reports by file name (`solution.py` with many) and what became of the mutants."""
    lab = read_lab(read_files(folder))
    claims = {name: read_claim((folder / name).read_text()) for name in reports if name.startswith("wrong/")}
    known_bad = {name.removeprefix("wrong/"): _known_bad(reports[name][0]) for name in sorted(claims)}
    baselines = {name.removeprefix("wrong/"): claim.baseline for name, claim in claims.items() if claim}
    return {
        "lab": lab.slug,
        "digest": proof_digest(folder),
        "proved": datetime.now(UTC).date().isoformat(),
        "level": reports["solution.py"][0].level.value,
        "versions": versions(),
        "reference": reference_part(reports["solution.py"]),
        "starter": _starter(reports["starter.py"][0]),
        "known_bad": {name: entry for name, entry in known_bad.items() if not baselines.get(name)},
        "baselines": {
            name: {"what": baselines[name], **known_bad[name]} for name in sorted(known_bad) if baselines.get(name)
        },
        "mutants": {
            "made": found.made,
            "killed": sum(found.killed.values()),
            "by_check": dict(sorted(found.killed.items())),
            "explained": sorted([entry.model_dump() for entry in found.explained], key=str),
            "survived": len(found.survived),
        },
    }


def write_proof(folder: Path, proof: dict[str, Any]) -> Path:
    """Write it as stably ordered JSON, a line for each fact; returns the file."""
    path = folder / FILE
    path.write_text(_lines(proof) + "\n")
    return path


def _lines(value: object, depth: int = 0) -> str:
    """JSON whose dictionaries are spread over lines two levels deep, so that a change shows as the fact it is."""
    if not isinstance(value, dict) or not value or depth == 2:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    pad = " " * (depth + 1)
    entries = [f"{pad}{json.dumps(key)}: {_lines(value[key], depth + 1)}" for key in sorted(value)]
    return "{\n" + ",\n".join(entries) + "\n" + " " * depth + "}"


def versions() -> dict[str, str]:
    """What judged."""
    found = {"check_library": CHECK_LIBRARY, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def reference_part(reports: Sequence[Report]) -> dict[str, Any]:
    """Draws passed, the median of what a run takes (seconds of CPU, for waiting depends on the machine), margins."""
    return {
        "draws": len(reports),
        "passed": sum(report.verdict is Verdict.PASSED for report in reports),
        "cpu_s": round(median(report.usage.cpu_s for report in reports), 2),
        "wall_s": round(median(report.usage.wall_s for report in reports), 2),
        "peak_mb": round(median(report.usage.peak_mb for report in reports)),
        "measured": _margins(reports),
    }


def _margins(reports: Sequence[Report]) -> dict[str, dict[str, float]]:
    """For every metric: what is stated of it, and the lowest and the highest of all draws."""
    stated: dict[str, dict[str, float]] = {}
    got: dict[str, list[float]] = {}
    for result in (result for report in reports for result in report.checks):
        for metric in result.details.get("measured", []):
            name = f"{result.id}: {metric['what']}"
            stated[name] = {key: metric[key] for key in ("at_least", "at_most", "exactly") if key in metric}
            got.setdefault(name, []).append(metric["got"])
    return {name: _spread(stated[name], got[name]) for name in sorted(got)}


def _spread(stated: dict[str, float], got: list[float]) -> dict[str, float]:
    """`margin` is how far the worst draw stayed from failing."""
    spread = {**stated, "lowest": min(got), "highest": max(got)}
    if "at_least" in stated:
        spread["margin"] = min(got) - stated["at_least"]
    elif "at_most" in stated:
        spread["margin"] = stated["at_most"] - max(got)
    return {key: float(f"{value:.4g}") for key, value in spread.items()}


def _starter(report: Report) -> dict[str, Any]:
    failing = [result for result in report.checks if result.verdict is not Verdict.PASSED]
    return {
        "verdict": report.verdict.value,
        "passes": sorted(result.id for result in report.checks if result.verdict is Verdict.PASSED),
        "says": failing[0].message.splitlines()[0] if failing and failing[0].message else report.message,
    }


def _known_bad(report: Report) -> dict[str, Any]:
    failing = [result for result in report.checks if result.verdict is not Verdict.PASSED]
    named = sorted({r.details["misconception"]["id"] for r in failing if "misconception" in r.details})
    return {"fails": sorted(result.id for result in failing), "named": named}
