"""The schema of `lab.yaml` (docs/checking.md describes the keys)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from labs.credit import BEHAVIOURAL
from labs.dispatch import MAX_PARTS, Limits

type_id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}$")]
type_slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
type_name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
type_line = Annotated[str, Field(min_length=1, max_length=200)]
type_sentence = Annotated[str, Field(min_length=1, max_length=400)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CheckEntry(Entry):
    id: type_slug
    title: type_line
    evidence: Literal["computed", "scored", "metered", "observed", "policy"]
    skill: type_id | Literal[""] = ""  # none: a failure points at no card
    teaches: type_sentence


class LabEntry(Entry):
    """The whole file."""

    id: type_id
    slug: type_slug
    title: type_line
    summary: type_sentence
    minutes: Annotated[int, Field(ge=1, le=600)]
    lane: Literal["check", "train", "gpu"] = "check"
    filename: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,60}\.py$")]
    entry_points: Annotated[list[type_name], Field(min_length=1)]
    preload: list[Literal["optimisers", "transformers", "diffusers"]] = []
    exports: list[type_name] = []
    mine: Annotated[list[type_id], Field(max_length=MAX_PARTS)] = []
    trace: bool = False
    limits: Limits = Limits()
    gpu_memory_mb: Annotated[int, Field(ge=256)] = 4096  # lane gpu
    checks: Annotated[list[CheckEntry], Field(min_length=1)]
    papers: list[type_slug] = []

    @field_validator("checks")
    @classmethod
    def check_ids_are_unique(cls, checks: list[CheckEntry]) -> list[CheckEntry]:
        ids = [check.id for check in checks]
        if twice := sorted({cid for cid in ids if ids.count(cid) > 1}):
            raise ValueError(f"used twice: {', '.join(twice)}")
        return checks

    @model_validator(mode="after")
    def rests_on_more_than_words(self) -> LabEntry:
        if not any(check.evidence in BEHAVIOURAL for check in self.checks):
            raise ValueError("no check is computed, scored or metered: the lab could pass on forgeable evidence alone")
        return self
