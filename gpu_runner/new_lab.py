"""`residual lab new SLUG`: a lab that is sound from its first minute, to be changed piece by piece."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from string import Template
from typing import Final

TEMPLATE: Final = Path(__file__).with_name("template_lab")
SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def make_lab(slug: str, parent: Path) -> Path:
    """Copy the template to `parent/slug`. Raises ValueError for an odd slug, FileExistsError rather than overwrite."""
    if not SLUG.fullmatch(slug) or len(slug) > 64:
        near = "-".join(re.findall(r"[a-z0-9]+", slug.lower()))[:64].strip("-")
        hint = f" Try {near}." if near else ""
        raise ValueError(f"{slug!r} is no slug: small letters, digits and single hyphens, at most 64.{hint}")
    folder = parent / slug
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    spec = folder / "lab.yaml"
    title = slug.replace("-", " ").capitalize()
    spec.write_text(Template(spec.read_text()).substitute(slug=slug, title=title))
    return folder
