"""What a learner sends, from bytes to source text that may be judged. Nothing here runs the learner's code."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterable, Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labs.dispatch import MAX_SOURCE_BYTES

_COMPILING: Final = threading.Lock()  # warnings.catch_warnings changes a filter that all threads share
_BLOCKS: Final = (ast.If, ast.Try, ast.TryStar, ast.With, ast.For, ast.While)


class SourceProblemError(ValueError):
    """Source that can't be judged: `code` for programs, `message` for the learner, `kept` for the draft.

    `line` is the one to look at, where there is one.
    """

    def __init__(self, code: str, message: str, kept: str, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.kept = kept
        self.line = line


def read_source(raw: bytes | str, *, filename: str, entry_points: Sequence[str]) -> str:
    """Source text with `\\n` line ends that compiles and defines what the lab asks for. Raises SourceProblemError."""
    data = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    source = _decode(data)
    if not source.strip():
        raise SourceProblemError("empty", _("There is no code yet: write it in the editor or choose a file."), source)
    tree = _parse(source, filename)
    missing = [name for name in entry_points if name not in defined_names(tree)]
    if missing and not _imports_everything(tree):
        raise SourceProblemError("entry_point", _missing_message(filename, missing), source)
    return source


def keepable(data: bytes) -> str:
    """As much of `data` as a draft can hold: what fits, with U+FFFD for what isn't UTF-8 and ␀ for NUL."""
    text = data[:MAX_SOURCE_BYTES].decode("utf-8-sig", "replace")
    return _unix_lines(text).replace("\0", "␀")


def defined_names(tree: ast.Module) -> set[str]:
    """Names that the module's top level binds, also inside `if`, `try`, `with` and loops."""
    return {name for statement in _statements(tree.body) for name in _bound_by(statement)}


def _decode(data: bytes) -> str:
    if len(data) > MAX_SOURCE_BYTES:
        raise SourceProblemError("too_large", _too_large_message(len(data)), keepable(data))
    try:
        source = _unix_lines(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SourceProblemError("not_utf8", _not_utf8_message(line), keepable(data), line) from None
    if "\0" in source:
        line = _line_of(source, "\0")
        message = _("Line %(line)s holds a NUL byte. Save the file as plain text.") % {"line": line}
        raise SourceProblemError("nul", message, keepable(data), line)
    if "\N{REPLACEMENT CHARACTER}" in source:  # browsers and Django put it where the bytes were no UTF-8
        line = _line_of(source, "\N{REPLACEMENT CHARACTER}")
        raise SourceProblemError("not_utf8", _not_utf8_message(line), source, line)
    return source


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line_of(source: str, character: str) -> int:
    return source[: source.index(character)].count("\n") + 1


def _parse(source: str, filename: str) -> ast.Module:
    """The syntax tree of source that compiles. Compiling runs nothing."""
    try:
        with _COMPILING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, filename)
            compile(tree, filename, "exec", dont_inherit=True)
    except SyntaxError as error:
        message = _("Line %(line)s of %(file)s does not compile: %(why)s.") % {
            "line": error.lineno or 1,
            "file": filename,
            "why": error.msg,
        }
        raise SourceProblemError("syntax", message, source, error.lineno or 1) from None
    except (RecursionError, MemoryError):
        message = _("The code is nested too deeply to compile. Split the long expression into steps.")
        raise SourceProblemError("syntax", message, source) from None
    return tree


def _statements(body: Iterable[ast.stmt]) -> Iterable[ast.stmt]:
    """Top-level statements and those in blocks that run in the module's own scope."""
    for statement in body:
        yield statement
        if isinstance(statement, _BLOCKS):
            yield from _statements(child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt))
        if isinstance(statement, ast.Try | ast.TryStar):
            yield from _statements(child for handler in statement.handlers for child in handler.body)


def _bound_by(statement: ast.stmt) -> Iterable[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return []


def _imports_everything(tree: ast.Module) -> bool:
    """Whether a star import may bring the names: only running the code could tell."""
    return any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in _statements(tree.body))


def _too_large_message(size: int) -> str:
    return _("The code has %(size)s KiB; %(limit)s KiB is the most. The draft below keeps the first %(limit)s KiB.") % {
        "size": -(-size // 1024),
        "limit": MAX_SOURCE_BYTES // 1024,
    }


def _not_utf8_message(line: int) -> str:
    return _(
        "Line %(line)s is not UTF-8 text. Save the file as UTF-8; the draft below shows � where it could not be read."
    ) % {"line": line}


def _missing_message(filename: str, missing: Sequence[str]) -> str:
    message = ngettext(
        "%(file)s does not define %(names)s at its top level. The checks look for that name.",
        "%(file)s does not define %(names)s at its top level. The checks look for these names.",
        len(missing),
    )
    return message % {"file": filename, "names": ", ".join(missing)}
