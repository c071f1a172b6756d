"""A Jupyter notebook as one Python file: its code cells in order, and what only IPython understands commented out."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MAX_BYTES: Final = 4 * 1024 * 1024  # outputs and pictures included
_MAGIC: Final = re.compile(r"^(\s*)([%!?].*|\w[\w.]*\?\??|\w[\w, ]*=\s*[%!].*)$")
_PYTHON_UNDER: Final = frozenset({"time", "timeit", "capture", "prun"})  # cell magics whose cell is Python


class NotebookError(ValueError):
    """A file that is no notebook we can read; the message is for the learner."""


def is_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb")


def notebook_source(data: bytes) -> str:
    """The code of a notebook in format 4, cells apart by `# %%`. Raises NotebookError."""
    if len(data) > MAX_BYTES:
        raise NotebookError(_("The notebook is larger than 4 MiB. Clear its outputs, save it, and try again."))
    notebook = _parsed(data)
    _refuse_other_languages(notebook)
    cells = [_text(cell) for cell in _cells(notebook) if cell.get("cell_type") == "code"]
    converted = [_without_magics(cell) for cell in cells if cell.strip()]
    if not converted:
        raise NotebookError(_("The notebook has no code in it."))
    note = _note(sum(magics for _cell, magics in converted))
    return note + "\n\n".join(f"# %%\n{cell.rstrip()}" for cell, _magics in converted) + "\n"


def _parsed(data: bytes) -> Mapping[str, Any]:
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise NotebookError(_("That is not a notebook: it is not JSON. Was it cut off while it was saved?")) from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise NotebookError(_("That is not a notebook: it does not say its format."))
    if notebook["nbformat"] != 4:
        raise NotebookError(
            _("The notebook is in an old format (%(format)s). Open it in Jupyter and save it, then it is in format 4.")
            % {"format": str(notebook["nbformat"])[:20]}
        )
    return notebook


def _refuse_other_languages(notebook: Mapping[str, Any]) -> None:
    metadata = notebook.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language", "python") if isinstance(kernel, dict) else "python"
    if language != "python":
        raise NotebookError(_("The notebook is written in %(language)s, not in Python.") % {"language": language})


def _cells(notebook: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NotebookError(_("That is not a notebook: it has no list of cells."))
    return cells


def _text(cell: Mapping[str, Any]) -> str:
    """A cell's source: one string, or a list of lines."""
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        raise NotebookError(_("That is not a notebook: a cell of it holds no text."))
    return "".join(lines)


def _without_magics(cell: str) -> tuple[str, int]:
    """The cell as Python, and how many lines of it were commented out. A cell that is Python stays as it is."""
    if _is_python(cell):
        return cell, 0
    first = re.match(r"\s*%%(\w+)", cell)
    if first and first[1] not in _PYTHON_UNDER:
        lines = [f"# {line}".rstrip() for line in cell.splitlines()]
        return "\n".join(lines), len(lines)
    commented = list(_commented(cell))
    return "\n".join(line for line, _magic in commented), sum(magic for _line, magic in commented)


def _commented(cell: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it was a magic; an indented one leaves a `pass`, so that its block has a body."""
    for line in cell.splitlines():
        found = _MAGIC.match(line)
        if found is None:
            yield line, False
        elif found[1]:
            yield f"{found[1]}pass  # {found[2]}", True
        else:
            yield f"# {found[2]}", True


def _is_python(cell: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(cell)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _note(magics: int) -> str:
    head = _("# From a notebook: its code cells in order.")
    if not magics:
        return f"{head}\n\n"
    words = ngettext(
        "# %(count)s line that only Jupyter understands is commented out.",
        "# %(count)s lines that only Jupyter understands are commented out.",
        magics,
    )
    return f"{head}\n{words % {'count': magics}}\n\n"
