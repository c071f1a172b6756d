"""Tiny tensors are computed in one thread, and a lab's files are judged by one worker of a parallel run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.labs.catalog.choosing import CATALOG
from tests.labs.catalog.proving import HONEST, one_thread, spec_of

BIG = {"transformers", "diffusers"}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Reports are kept in a process, and so are zygotes with big libraries, which take longer to start than to use."""
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and item.get_closest_marker("sandbox"):
            given = item.callspec.params.get("file") or item.callspec.params.get("lab")
            if lab := lab_of(given):
                item.add_marker(
                    pytest.mark.xdist_group("+".join(sorted(BIG.intersection(spec_of(lab).preload))) or lab.name)
                )


def lab_of(given: object) -> Path | None:
    """The lab that a path from a test's parameters is in, or is about."""
    if isinstance(given, Path):
        for root in (CATALOG, HONEST):
            if given.is_relative_to(root):
                return CATALOG / given.relative_to(root).parts[0]
    return None
