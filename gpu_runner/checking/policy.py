"""Rules on the text of a submission: checked on the syntax tree, and called policy because they prove no behaviour."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def uses(source: str, names: tuple[str, ...]) -> tuple[str, int] | None:
    """The first (name, line) at which one of `names` is read, called, imported or spelled as a string; else None."""
    wanted = set(names)
    for node in ast.walk(ast.parse(source)):
        for name in _names(node):
            if name in wanted or name.rpartition(".")[2] in wanted:
                return name.rpartition(".")[2], getattr(node, "lineno", 1)
    return None


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.alias(name=name):
            yield name
        case ast.ImportFrom(module=str(name)):
            yield name
        case ast.Constant(value=str(name)) if name.isidentifier():  # getattr(F, "…")
            yield name
