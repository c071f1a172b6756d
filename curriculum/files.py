"""Reads every content file, collects everything that is wrong with them, and stops at nothing.

Two passes: each file against its schema, then the files against each other (ids and slugs used once, references that
lead somewhere). The second pass works on the files that survived the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from curriculum.loading import ContentError
from curriculum.quiz_schema import QuizFile
from curriculum.schema import PaperFile, PhaseFile, RoadmapFile, TopicFile

CONTENT: Final = Path(__file__).parent / "content"

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(slots=True)
class Library:
    """The parsed content, each file under its path relative to the content folder."""

    roadmap: RoadmapFile | None = None
    phases: dict[str, PhaseFile] = field(default_factory=dict)
    papers: dict[str, PaperFile] = field(default_factory=dict)
    topics: dict[str, TopicFile] = field(default_factory=dict)
    quizzes: dict[str, QuizFile] = field(default_factory=dict)
    errors: list[ContentError] = field(default_factory=list)
    broken_ids: set[str] = field(default_factory=set)  # ids in files that have errors: references to them are no errors

    def about(self, quiz_path: str) -> PaperFile | TopicFile | None:
        """The paper or topic that lies beside a quiz."""
        paper, topic = (quiz_path.replace("quiz.yaml", name) for name in ("paper.yaml", "topic.yaml"))
        return self.papers.get(paper) or self.topics.get(topic)


def read_library(root: Path = CONTENT) -> Library:
    """Every file under `root` against its schema; what is broken is in `errors` and left out."""
    library = Library()
    library.roadmap = _read(root, root / "roadmap.yaml", RoadmapFile, library)
    library.phases = _read_all(root, "phases/*.yaml", PhaseFile, library)
    library.papers = _read_all(root, "papers/*/paper.yaml", PaperFile, library)
    library.topics = _read_all(root, "topics/*/topic.yaml", TopicFile, library)
    library.quizzes = {
        **_read_all(root, "papers/*/quiz.yaml", QuizFile, library),
        **_read_all(root, "topics/*/quiz.yaml", QuizFile, library),
    }
    library.errors += _strangers(root)
    return library


def _read_all(root: Path, pattern: str, schema: type[_Model], library: Library) -> dict[str, _Model]:
    parsed = {path.relative_to(root).as_posix(): _read(root, path, schema, library) for path in root.glob(pattern)}
    return {path: model for path, model in sorted(parsed.items()) if model is not None}


def _read(root: Path, path: Path, schema: type[_Model], library: Library) -> _Model | None:
    """The parsed file; None, with its errors noted in `library`, where it is broken."""
    name = path.relative_to(root).as_posix()
    try:
        document = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        library.errors.append(ContentError(name, "", " ".join(str(error).split())))
        return None
    try:
        return schema.model_validate(document)
    except ValidationError as error:
        library.errors += (ContentError(name, field_path(found["loc"]), found["msg"]) for found in error.errors())
        library.broken_ids |= set(_ids(document))
        return None


def _ids(document: object) -> Iterator[str]:
    """Every `id` anywhere in a document that may have any form."""
    if isinstance(document, dict):
        yield from (value for key, value in document.items() if key == "id" and isinstance(value, str))
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for value in inner:
        yield from _ids(value)


def _strangers(root: Path) -> Iterator[ContentError]:
    """Files that nothing reads: most often a misspelt name, which would otherwise vanish without a word."""
    of_folders = ("papers/*/paper.yaml", "papers/*/quiz.yaml", "topics/*/topic.yaml", "topics/*/quiz.yaml")
    patterns = ("roadmap.yaml", "phases/*.yaml", *of_folders)
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.is_file() and not any(inside.match(pattern) for pattern in patterns):
            yield ContentError(inside.as_posix(), "", f"nothing reads this file; content is {', '.join(patterns)}")


def field_path(location: Sequence[int | str]) -> str:
    """pydantic's ("weeks", 3, "title") as weeks[3].title, without the question's kind that it puts after an index."""
    path = ""
    for before, part in zip(("", *location), location, strict=False):
        if isinstance(part, int):
            path += f"[{part}]"
        elif not (isinstance(before, int) and part in _KINDS):
            path += f".{part}" if path else part
    return path


_KINDS: Final = frozenset({"choice", "multiple", "numeric", "shape", "expression", "cloze", "ordering", "self"})


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C where PyYAML was built with it
    """Safe YAML in which a key given twice is an error: plain YAML would drop the first without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} is given twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)  # type: ignore[no-any-return]  # PyYAML's stubs say Any


def parse_yaml(text: str) -> object:
    """One YAML document. Raises yaml.YAMLError, which names line and column."""
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a subclass of the safe loader
