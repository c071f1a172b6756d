"""Temml names classes that its MathML needs styled; every one that the shipped content uses is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone

import labs.sync
from curriculum import sync
from curriculum.models import Paper, Question, SectionItem, Week
from labs.models import Lab
from residual import ui

pytestmark = pytest.mark.django_db
SHEET = (Path(ui.__file__).parent / "static" / "ui" / "app.css").read_text()
UNSTYLED = {"chr-sml-vec", "wbk-sml", "wbk-med", "wbk-lrg"}  # a hair's breadth on vectors, in one browser


def test_every_class_of_the_shipped_formulas_is_styled() -> None:
    sync.sync(timezone.now())
    labs.sync.sync(timezone.now())
    html = [lab.brief_html + "".join(lab.hints_html) for lab in Lab.objects.all()]
    html += [f"{one.prompt_html}{one.explanation_html}{one.spec}" for one in Question.objects.all()]
    html += [row.summary_html for model in (Week, Paper) for row in model.objects.all()]
    html += [item.text_html for item in SectionItem.objects.all()]
    used = {
        name
        for classes in re.findall(r'<m[a-z]+[^>]*\sclass="([^"]*)"', " ".join(html))
        for name in classes.split()
        if name.startswith(("tml-", "wbk-", "chr-", "math"))
    }
    assert "tml-display" in used
    assert {name for name in used if f".{name}" not in SHEET} - UNSTYLED == set()
