"""A catalogue of labs on disk, for the tests of reading and syncing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

README = """# Attention

The idea, with $\\sqrt{d}$.

## Hints

### Hint 1

Look at the **shapes**.

### Hint 2

Divide by $\\sqrt{d}$.

## Further reading

The paper.
"""
CODE = "def attention(q, k, v):\n    return v\n"


def entry(slug: str) -> dict[str, Any]:
    """What lab.yaml holds."""
    check = {
        "id": "values",
        "title": "The values are right",
        "evidence": "computed",
        "skill": "attention.scaling",
        "teaches": "Why we divide.",
    }
    return {
        "id": f"lab-{slug}",
        "slug": slug,
        "title": slug.title(),
        "summary": "One sentence.",
        "minutes": 45,
        "filename": "attention.py",
        "entry_points": ["attention"],
        "checks": [check, {**check, "id": "policy", "evidence": "policy"}],
    }


def write_lab(root: Path, name: str, files: dict[str, str] | None = None, **fields: Any) -> Path:
    """A lab folder; `fields` go into lab.yaml, and `files` replace whole files."""
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "lab.yaml": yaml.safe_dump({**entry(name), **fields}),
        "README.md": README,
        "starter.py": CODE,
        "solution.py": CODE,
        "probe.py": "",
        "checks.py": "# checks\n",
        **(files or {}),
    }
    for path, text in content.items():
        (folder / path).write_text(text, encoding="utf-8")
    return folder
