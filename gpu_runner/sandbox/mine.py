"""`from mine import MultiHeadAttention`: parts of earlier labs as modules beside the learner's file.

`mine` holds the names that those labs export, and `mine.multihead` all of `multihead.py`. Each part is a module
of its own and is run when it is first asked for. All of it is the learner's own, or public to them, so nothing here has
to be hidden from the code that runs beside it; read-only means that a slip changes nothing, not that malice cannot.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE: Final = "mine"
FOLDER: Final = "mine/"


class Mine(ModuleType):
    """The package: every exported name, found in the one part that has it."""

    def __init__(self, parts: list[dict[str, Any]]) -> None:
        super().__init__(PACKAGE)
        self.__dict__["_parts"] = parts

    @property
    def parts(self) -> list[dict[str, Any]]:
        return list(self.__dict__["_parts"])

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in map(stem, self.parts):
            return importlib.import_module(f"{PACKAGE}.{name}")
        holders = [part for part in self.parts if name in part["exports"]]
        if not holders:
            known = sorted({export for part in self.parts for export in part["exports"]})
            raise ImportError(f"mine has no {name}; this lab may import {', '.join(known) or 'nothing'}")
        if len(holders) > 1:
            modules = " and ".join(f"mine.{stem(part)}" for part in holders)
            raise ImportError(f"{name} is in {modules}; import it from the one that you mean")
        return getattr(importlib.import_module(f"{PACKAGE}.{stem(holders[0])}"), name)

    def __setattr__(self, name: str, value: object) -> None:
        if not (name.startswith("__") or isinstance(value, ModuleType)):  # the import system's own notes
            raise AttributeError("mine is read-only; change the lab's file and pass it again")
        super().__setattr__(name, value)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the package and its parts from memory."""

    def __init__(self, parts: list[dict[str, Any]]) -> None:
        self.parts = parts

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname == PACKAGE:
            return importlib.util.spec_from_loader(fullname, self, is_package=True)
        if any(fullname == f"{PACKAGE}.{stem(part)}" for part in self.parts):
            return importlib.util.spec_from_loader(fullname, self)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return Mine(self.parts) if spec.name == PACKAGE else None

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == PACKAGE:
            return
        part = next(part for part in self.parts if module.__name__ == f"{PACKAGE}.{stem(part)}")
        if part["missing"]:
            raise ImportError(part["missing"])
        filename, source = FOLDER + part["filename"], part["source"]
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        exec(compile(source, filename, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the learner's own part


def stem(part: dict[str, Any]) -> str:
    return str(part["filename"]).removesuffix(".py")


def install(parts: list[dict[str, Any]]) -> None:
    """Make `mine` importable; without parts there is no such module."""
    if parts:
        sys.meta_path.insert(0, Finder(parts))


def owner_of(filename: str, parts: list[dict[str, Any]]) -> str:
    """Whose file a frame is in: "your multi-head-attention" or "the reference's …"; nothing for other files."""
    part = next((part for part in parts if filename == FOLDER + part["filename"]), None)
    if part is None:
        return ""
    return f"{'your' if part['origin'] == 'own' else 'the reference’s'} {part['lab']}"
