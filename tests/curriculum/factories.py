"""A small, sound set of content files, and changes to it. Tests write it to a folder of their own."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]


def paper(paper_id: str = "ddpm", slug: str = "ddpm", **fields: object) -> Document:
    return {
        "id": paper_id,
        "slug": slug,
        "title": f"A paper called {paper_id}",
        "authors": "A. Author et al.",
        "year": 2020,
        "url": "https://arxiv.org/abs/2006.11239",
        "summary": "Adds noise, $x_t = \\sqrt{a}\\,x_0$, and learns to take it away.",
        **fields,
    }


def phase(**fields: object) -> Document:
    return {
        "id": "p1",
        "slug": "first",
        "number": 1,
        "title": "First",
        "intro": "Begin here.",
        "sections": [
            {
                "id": "p1.1",
                "title": "Basics",
                "papers": ["ddpm"],
                "items": [{"id": "p1.1.topic", "kind": "topic", "text": "Noise, and $x$.", "labs": ["lab-one"]}],
            }
        ],
        **fields,
    }


def activity(activity_id: str = "w1.journal", **fields: object) -> Document:
    return {"id": activity_id, "kind": "journal", "title": "Journal", "minutes": 10, **fields}


def week(number: int = 1, **fields: object) -> Document:
    return {
        "id": f"w{number}",
        "slug": f"week-{number}",
        "number": number,
        "title": f"Week {number}",
        "topic": f"Topic {number}",
        "summary": "What it is about.",
        "phases": ["p1"],
        "lines": [{"id": f"w{number}.focus", "kind": "focus", "text": "One thing."}],
        "activities": [activity(f"w{number}.journal")],
        **fields,
    }


def roadmap(*weeks: Document) -> Document:
    return {
        "tracks": [{"id": "track", "slug": "track", "title": "Track", "intro": "A way.", "lines": []}],
        "labs": [{"id": "lab-one", "title": "Lab one"}],
        "months": [{"id": "m1", "number": 1, "title": "Month", "weeks": list(weeks) or [week()]}],
    }


def choice(question_id: str = "ddpm.q.one", **fields: object) -> Document:
    return {
        "id": question_id,
        "kind": "choice",
        "skill": "diffusion.forward",
        "source": "§2",
        "prompt": "Which?",
        "explanation": "Because.",
        "options": [
            {"id": "a", "text": "This", "correct": True},
            {"id": "b", "text": "That", "note": "Not that."},
        ],
        **fields,
    }


def numeric(**fields: object) -> Document:
    return {**_without_options("ddpm.q.number"), "kind": "numeric", "answer": 4, **fields}


def self_graded(**fields: object) -> Document:
    return {**_without_options("ddpm.q.self"), "kind": "self", "answer": "So.", **fields}


def _without_options(question_id: str) -> Document:
    return {key: value for key, value in choice(question_id).items() if key != "options"}


class Content:
    """Content files by path, ready to be changed and written."""

    def __init__(self) -> None:
        self.files: dict[str, Document | str] = {
            "roadmap.yaml": roadmap(),
            "phases/first.yaml": phase(),
            "papers/ddpm/paper.yaml": paper(),
            "papers/ddpm/quiz.yaml": {"questions": [choice()]},
        }

    def with_file(self, path: str, document: Document | str) -> Content:
        changed = copy.deepcopy(self)
        changed.files[path] = document
        return changed

    def without(self, *paths: str) -> Content:
        changed = copy.deepcopy(self)
        for path in paths:
            del changed.files[path]
        return changed

    def write(self, root: Path) -> Path:
        """Make `root` hold exactly these files."""
        for old in sorted(root.rglob("*.yaml")):
            old.unlink()
        for path, document in self.files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            text = document if isinstance(document, str) else yaml.safe_dump(document, allow_unicode=True)
            target.write_text(text, encoding="utf-8")
        return root
