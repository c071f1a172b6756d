"""The words of the interface: none escapes translation, and a second language proves that they are translated."""

from __future__ import annotations

import gettext
import re
import shlex
import shutil
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import translation
from django.utils.translation import ngettext
from pytest_django.fixtures import Settings

import residual
from residual.reviews.services import introduce
from tests.factories import make_activity, make_lab, make_user, make_week
from tests.factories_reviews import make_question
from tests.needs import lacking

ROOT = settings.BASE_DIR / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))
CATALOGUE = Path(residual.__file__).parent / "locale" / "de" / "LC_MESSAGES"
HIDDEN = re.compile(
    r"{% comment %}.*?{% endcomment %}|{#.*?#}|{% blocktranslate.*?{% endblocktranslate %}"
    r"|{% block main_class %}.*?{% endblock %}|{%.*?%}|{{.*?}}|<(code|kbd|script|math)\b.*?</\1>",
    re.DOTALL,
)
LETTERS = re.compile(r"[A-Za-z]{2}")
SPOKEN_ATTRIBUTE = re.compile(r'\s(?:aria-label|title|placeholder|alt)="([^"]*)"')
# Names, and what is the same in every language.
SAME_EVERYWHERE = {"Residual", "· Residual", "Residual:", "arXiv", "probe.py", "step 100 loss 2.301"}
COMMANDS = ("residual lab ",)
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%%|\{[a-z]+\}")


def where(path: Path) -> str:
    return str(path.relative_to(ROOT))


def untranslated(text: str) -> list[str]:
    """Words that a reader would meet in English whatever their language."""
    text = HIDDEN.sub("", text)
    spoken = SPOKEN_ATTRIBUTE.findall(text)
    between = re.split(r"<[^>]*>", text)
    found = (words.strip() for words in [*spoken, *between])
    return [
        words
        for words in found
        if LETTERS.search(words) and words not in SAME_EVERYWHERE and not words.startswith(COMMANDS)
    ]


@pytest.mark.parametrize("template", [path for path in TEMPLATES if path.name != "500.html"], ids=where)
def test_every_word_of_a_template_goes_through_gettext(template: Path) -> None:
    assert untranslated(template.read_text()) == []


def test_a_word_that_escapes_is_found() -> None:
    assert untranslated('<p>Hello {{ name }}</p><a aria-label="Close">{% translate "Bye" %}</a>') == ["Close", "Hello"]


@pytest.fixture(scope="module")
def german() -> polib.POFile:
    return polib.pofile(str(CATALOGUE / "django.po"))


def test_the_german_catalogue_is_whole(german: polib.POFile) -> None:
    assert [entry.msgid for entry in german.untranslated_entries() + german.fuzzy_entries()] == []


def test_every_word_is_collected(
    german: polib.POFile, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make messages` would change nothing."""
    if shutil.which("xgettext") is None:
        lacking("gettext (on Debian: apt install gettext)")
    monkeypatch.chdir(settings.BASE_DIR)
    (collecting,) = (line for line in Path("Makefile").read_text().splitlines() if "makemessages" in line)
    shutil.copytree(CATALOGUE.parent, tmp_path / "de")
    settings.LOCALE_PATHS = [tmp_path]
    elsewhere = ["--ignore", str(CATALOGUE.parents[1].relative_to(settings.BASE_DIR))]  # the copy, not the catalogue
    call_command(*shlex.split(collecting.partition("manage.py ")[2]), *elsewhere, verbosity=0)
    collected = polib.pofile(str(tmp_path / "de" / "LC_MESSAGES" / "django.po"))
    assert words_of(collected) == words_of(german)


def words_of(catalogue: polib.POFile) -> set[tuple[str | None, str, str]]:
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in catalogue if not entry.obsolete}


def test_what_is_shipped_is_compiled_from_the_catalogue(german: polib.POFile) -> None:
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in german:
        if entry.msgid_plural:
            forms = [compiled.ngettext(entry.msgid, entry.msgid_plural, n) for n in (1, 2)]
            assert forms == [entry.msgstr_plural[0], entry.msgstr_plural[1]]
        elif entry.msgctxt:
            assert compiled.pgettext(entry.msgctxt, entry.msgid) == entry.msgstr
        else:
            assert compiled.gettext(entry.msgid) == entry.msgstr


def test_a_translation_keeps_every_placeholder(german: polib.POFile) -> None:
    for entry in german:
        pairs = [(entry.msgid, entry.msgstr)]
        if entry.msgid_plural:
            pairs = [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]
        for english, other in pairs:
            assert set(PLACEHOLDER.findall(english)) == set(PLACEHOLDER.findall(other)), english


def test_one_and_many_differ_in_both_languages() -> None:
    words = "%(count)d question is waiting for you.", "%(count)d questions are waiting for you."
    with translation.override("de"):
        assert [ngettext(*words, n) % {"count": n} for n in (1, 3)] == [
            "1 Frage wartet auf dich.",
            "3 Fragen warten auf dich.",
        ]


def german_page(client: Client, address: str) -> str:
    html = client.get(address, headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="de"' in html
    return " ".join(html.split())


@pytest.mark.django_db
def test_home_and_navigation_are_german_for_a_german_browser(client: Client) -> None:
    make_lab("standardise-rows", id="lab-first")
    make_activity(make_week(1), "reading", title="Abschnitt 3")
    client.force_login(make_user())
    html = german_page(client, "/")
    for words in ("Fahrplan", "Deine ersten zehn Minuten", "Deine zwölf Wochen", "Nächster Gewinn: lies", "Geplant"):
        assert words in html
    for words in ("Roadmap", "Your ", "Reviews", "Planned", "Skip to"):
        assert words not in html


@pytest.mark.django_db
def test_a_review_session_is_german_for_a_german_browser(client: Client) -> None:
    user = make_user()
    introduce(user, [make_question(), make_question()])
    client.force_login(user)
    html = german_page(client, "/reviews/")
    for words in ("noch 2 zu beantworten", "Deine Antwort", "Antwort zeigen", "Tasten beim Wiederholen"):
        assert words in html
    for words in ("to answer", "Your answer", "Show the answer", "Undo"):
        assert words not in html


@pytest.mark.django_db
def test_a_language_can_be_chosen_and_stays(client: Client) -> None:
    assert 'lang="de">Deutsch</button>' in client.get("/weeks/").content.decode()
    response = client.post("/language/", {"language": "de", "next": "/weeks/"})
    assert response["Location"] == "/weeks/"
    html = client.get("/weeks/").content.decode()
    assert '<html lang="de"' in html
    assert 'lang="en">English</button>' in html
