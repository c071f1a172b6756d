"""House rules of templates and static files, read from the files themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from residual import ui
from residual.ui.icons import ICONS
from residual.ui.templatetags.ui import register

ROOT = settings.BASE_DIR / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))
STATIC = Path(ui.__file__).parent / "static" / "ui"
GUIDE = ROOT.parent / "docs" / "design-system.md"


def where(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("template", TEMPLATES, ids=where)
def test_no_template_has_inline_styles_scripts_or_handlers(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<[^>]+\sstyle=", text)
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"<[^>]+\son\w+=", text)
    assert "javascript:" not in text


@pytest.mark.parametrize("template", TEMPLATES, ids=where)
def test_every_icon_that_a_template_names_exists(template: Path) -> None:
    assert set(re.findall(r'{% icon "(\w+)"', template.read_text())) <= set(ICONS)


@pytest.mark.parametrize("sheet", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_a_stylesheet_asks_no_other_host_for_anything(sheet: Path) -> None:
    text = sheet.read_text()
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("tag", sorted(register.tags))
def test_the_guide_describes_every_tag(tag: str) -> None:
    if tag in {"theme", "current"}:  # used by base.html alone
        return
    assert f"{{% {tag} " in GUIDE.read_text()


def test_every_class_that_the_guide_names_is_in_the_stylesheet() -> None:
    guide = GUIDE.read_text().partition("## Classes")[2].partition("## Colour")[0]
    words = set(re.findall(r"`([a-z][a-z-]+)`", guide)) - {"dl", "prompt", "explanation", "title", "end", "detail"}
    missing = {word for word in words if f".{word}" not in (STATIC / "app.css").read_text()}
    assert missing == set()
