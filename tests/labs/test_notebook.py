"""A notebook becomes one Python file; what is no notebook is refused in words."""

from __future__ import annotations

import ast
import json
from contextlib import suppress
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from labs import drafts
from labs.models import Draft, Submission
from labs.notebook import MAX_BYTES, NotebookError, notebook_source
from tests.factories import SOURCE, make_lab, make_user


def notebook(*sources: str | list[str], **fields: Any) -> bytes:
    cells: list[Any] = [{"cell_type": "code", "source": source, "outputs": [], "metadata": {}} for source in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells, **fields}).encode()


def code(*sources: str | list[str]) -> str:
    """The converted code after the note."""
    return notebook_source(notebook(*sources)).partition("\n\n")[2]


def test_code_cells_are_joined_in_order_and_text_cells_left_out() -> None:
    words = {"cell_type": "markdown", "source": "# A title"}
    cells = [words, {"cell_type": "code", "source": ["x = 1\n", "y = 2"]}, {"cell_type": "code", "source": "z = 3\n"}]
    assert notebook_source(notebook(cells=cells)) == (
        "# From a notebook: its code cells in order.\n\n# %%\nx = 1\ny = 2\n\n# %%\nz = 3\n"
    )


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%matplotlib inline\nx = 1", "# %matplotlib inline\nx = 1"),
        ("!pip install torch", "# !pip install torch"),
        ("torch.nn?\n?torch", "# torch.nn?\n# ?torch"),
        ("files = !ls", "# files = !ls"),
        ("if x:\n    !ls\n", "if x:\n    pass  # !ls"),
        ("%%bash\necho hi\n", "# %%bash\n# echo hi"),
        ("%%time\nx = 1\n", "# %%time\nx = 1"),
        ("x = (7\n% 4)", "x = (7\n% 4)"),
    ],
)
def test_what_only_jupyter_understands_is_commented_out(cell: str, expected: str) -> None:
    converted = code(cell)
    assert converted == f"# %%\n{expected}\n"
    ast.parse(converted)


def test_the_note_says_how_many_lines_are_commented_out() -> None:
    assert "# 2 lines that only Jupyter understands are commented out." in notebook_source(notebook("!a\n!b"))
    assert "only Jupyter" not in notebook_source(notebook("x = 1"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "does not say its format"),
        (notebook(nbformat=3), "old format (3)"),
        (notebook(cells=None), "no list of cells"),
        (notebook(cells=[1]), "no list of cells"),
        (notebook(cells=[{"cell_type": "code", "source": [1]}]), "holds no text"),
        (notebook("x", metadata={"kernelspec": {"language": "julia"}}), "written in julia"),
        (notebook(), "no code"),
        (b" " * (MAX_BYTES + 1), "larger than 4 MiB"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(NotebookError) as refused:
        notebook_source(data)
    assert words in str(refused.value)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_no_json_makes_it_crash(value: object) -> None:
    for field in ("cells", "metadata", "nbformat"):
        data = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "x"}], field: value}).encode()
        with suppress(NotebookError):
            assert notebook_source(data).endswith("\n")


@pytest.fixture
def bench(client: Client) -> Client:
    client.force_login(make_user())
    make_lab("sdpa")
    return client


@pytest.mark.django_db
def test_a_notebook_is_put_into_the_editor_as_code(bench: Client) -> None:
    file = SimpleUploadedFile("a.ipynb", notebook("x = 1", "%time f()"))
    bench.post("/labs/sdpa/upload", {"file": file, "source": "what was there"})
    assert "# %time f()" in Draft.objects.get().source
    assert [version.source for version in Draft.objects.get().versions.filter(kind="saved")] == ["what was there"]


@pytest.mark.django_db
def test_half_a_character_in_a_notebook_hurts_nobody(bench: Client) -> None:
    bench.post("/labs/sdpa/upload", {"file": SimpleUploadedFile("a.ipynb", notebook("x = '\ud800'"))})
    assert "x = '?'" in Draft.objects.get().source


@pytest.mark.django_db
@pytest.mark.parametrize("door", ["upload", "submit"])
def test_a_broken_notebook_is_refused_and_the_draft_stays(bench: Client, door: str) -> None:
    file = SimpleUploadedFile("a.ipynb", b"{broken")
    answer = bench.post(f"/labs/sdpa/{door}", {"file": file, "source": "precious"}, follow=True)
    assert "That is not a notebook" in answer.content.decode()
    assert Draft.objects.get().source == "precious"
    assert not Submission.objects.exists()


@pytest.mark.django_db
def test_a_submitted_notebook_is_judged_as_its_code(bench: Client) -> None:
    bench.post("/labs/sdpa/submit", {"file": SimpleUploadedFile("A.IPYNB", notebook(SOURCE))})
    assert SOURCE.rstrip() in Submission.objects.get().source
    assert drafts.Kind.SUBMITTED in Draft.objects.get().versions.values_list("kind", flat=True)
