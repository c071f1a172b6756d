"""In another language dates are written its way, and what stays English is marked as English."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from django.utils.formats import date_format
from django.utils.translation import override

from residual.formats.de import formats as german
from residual.formats.en import formats as english
from tests.factories import make_lab, make_user

TEMPLATES = Path(__file__).parents[2] / "templates"


def names(module: object) -> set[str]:
    return {name for name in vars(module) if name.isupper()}


def test_both_languages_write_every_kind_of_day() -> None:
    assert names(german) == names(english)


@pytest.mark.parametrize(("language", "day"), [("en", "22 Nov 09:30"), ("de", "22. Nov, 09:30")])
def test_a_day_is_written_as_the_language_writes_it(language: str, day: str) -> None:
    with override(language):
        assert date_format(datetime(2026, 11, 22, 9, 30, tzinfo=UTC), "DAY_MONTH_TIME").replace("Nov.", "Nov") == day


def test_no_template_writes_a_day_in_one_language_s_way() -> None:
    """`c` and `H:i` are the same everywhere."""
    used = {found for path in TEMPLATES.rglob("*.html") for found in re.findall(r'\|date:"([^"]+)"', path.read_text())}
    assert used - names(english) == {"c", "H:i"}


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "marked"), [("en", False), ("de", True)])
def test_a_lab_s_english_words_are_marked_on_a_german_page_only(client: Client, language: str, marked: bool) -> None:
    make_lab("sdpa")
    client.force_login(make_user())
    html = client.get("/labs/sdpa/", headers={"Accept-Language": language}).content.decode()
    assert f'<html lang="{language}"' in html
    assert ('<div class="prose" lang="en"><p>The brief.</p>' in html) is marked
