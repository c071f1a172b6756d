"""A question whose answer the learner compares with ours."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.safestring import SafeString

from residual.reviews.kinds.base import Answer, Kind, Spec, trusted


def read(data: QueryDict) -> Answer:
    del data  # what the learner thought stays with the learner
    return {}


def right(spec: Spec) -> SafeString:
    return trusted(spec["answer_html"])


def present(spec: Spec, seed: int, answer: Answer) -> dict[str, Any]:
    del spec, seed, answer  # nothing is asked for but a thought
    return {}


KIND = Kind("reviews/kinds/self.html", read, None, right, present)
