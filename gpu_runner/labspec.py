"""The part of `lab.yaml` that judging needs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gpu_runner.protocol import MAX_PARTS, TRACE, CheckId, Evidence, Limits, judging_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class LabError(ValueError):
    """A lab is broken: its author must mend it."""


class CheckSpec(BaseModel):
    """One check as the catalogue declares it."""

    model_config = ConfigDict(frozen=True)

    id: CheckId
    title: str
    evidence: Evidence


class LabSpec(BaseModel):
    """What to run and to report; words for pages are the site's business and ignored here."""

    model_config = ConfigDict(frozen=True)

    id: str
    slug: str
    filename: str
    lane: str = "check"
    entry_points: list[str] = Field(min_length=1)
    preload: list[Literal["optimisers", "transformers", "diffusers"]] = Field(default_factory=list)
    exports: list[str] = Field(default_factory=list)
    mine: list[str] = Field(default_factory=list, max_length=MAX_PARTS)
    trace: bool = False
    limits: Limits = Field(default_factory=Limits)
    gpu_memory_mb: int = Field(default=4096, ge=256)  # lane gpu: what torch may hand out of the card
    checks: list[CheckSpec] = Field(min_length=1)


TRACE_CHECK: Final = CheckSpec(id=TRACE, title="Your forward pass, step by step", evidence=Evidence.OBSERVED)
"""Run on request only, in a lab that declares `trace: true`; it shows and never judges."""


def asked_for(lab: LabSpec, checks: Sequence[str] | None) -> list[CheckSpec]:
    """The lab's checks, or those of them that are named; the trace among them where it is named."""
    wanted = [spec for spec in lab.checks if checks is None or spec.id in checks]
    return [*wanted, TRACE_CHECK] if lab.trace and TRACE in (checks or ()) else wanted


def read_lab(files: Mapping[str, bytes]) -> LabSpec:
    """Parse a bundle's `lab.yaml`. Raises LabError."""
    if "lab.yaml" not in files:
        raise LabError("the lab has no lab.yaml")
    return _parse(files["lab.yaml"])


@lru_cache(maxsize=64)  # the same few labs are judged again and again
def _parse(text: bytes) -> LabSpec:
    try:
        return LabSpec.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise LabError(f"lab.yaml: {error}") from error
    except ValidationError as error:
        wrong = [f"  {'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()]
        raise LabError("\n".join(["lab.yaml:", *wrong])) from error


def read_files(folder: Path) -> dict[str, bytes]:
    """A lab folder's judging files. Raises LabError."""
    try:
        return judging_files(folder)
    except ValueError as error:
        raise LabError(f"{folder.name}: {error}") from error
