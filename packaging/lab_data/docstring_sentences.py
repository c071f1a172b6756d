"""English sentences out of Python's own docstrings: the text of the language model labs.

The standard library's docstrings are there on every machine and come under the PSF licence. They differ from version to
version, so that a lab keeps its sentences as a file. Run with Python 3.11.7 this writes the file that the labs hold:

    python packaging/lab_data/docstring_sentences.py labs/catalog/mini-gpt/data/sentences.txt

and prints the file's SHA-256. Another version gives another text; the lab's thresholds are relative to the text's own
bigram model, but measure them again.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

LEFT_OUT = {"test", "tests", "idlelib", "lib2to3", "turtledemo", "pydoc_data", "encodings", "ensurepip"}
LEFT_OUT |= {"site-packages", "dist-packages", "__pycache__"}
LETTERS = 250_000
NO_PROSE = re.compile(r"^\s*(?:>>>|\.\.|[-=*+|#]|\d)|\n {3,}", re.MULTILINE)
BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def docstrings(library: Path) -> Iterator[str]:
    """Every docstring of the standard library's modules, classes and functions."""
    for path in sorted(library.rglob("*.py")):
        if LEFT_OUT & set(path.relative_to(library).parts[:-1]):
            continue
        try:
            tree = ast.parse(path.read_text())
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield ast.get_docstring(node) or ""


def sentences(docstring: str) -> Iterator[str]:
    """Its sentences of 25 to 200 ASCII letters, without lists, examples and indented blocks."""
    for paragraph in re.split(r"\n\s*\n", docstring):
        if NO_PROSE.search(paragraph):
            return
        for sentence in BETWEEN_SENTENCES.split(" ".join(paragraph.split())):
            begun = re.match(r"[A-Z][a-z ]", sentence)
            if 25 <= len(sentence) <= 200 and sentence.isascii() and begun and sentence[-1] in ".!?":
                yield sentence


def some(found: list[str], letters: int) -> list[str]:
    """Sentences in an order drawn once for all, until there are so many letters."""
    random.Random(0).shuffle(found)  # noqa: S311 - reproducible on purpose
    chosen: list[str] = []
    while sum(map(len, chosen)) + len(chosen) < letters:
        chosen.append(found.pop())
    return chosen


def main() -> None:
    library = Path(sysconfig.get_paths()["stdlib"])
    found = sorted({sentence for docstring in docstrings(library) for sentence in sentences(docstring)})
    text = "\n".join(some(found, LETTERS)) + "\n"
    Path(sys.argv[1]).write_text(text)
    sys.stdout.write(f"{len(text)} letters, SHA-256 {hashlib.sha256(text.encode()).hexdigest()}\n")


if __name__ == "__main__":
    main()
