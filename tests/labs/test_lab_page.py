"""The lab page: brief on one side, bench on the other, and every button works without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from labs import drafts
from labs.models import Draft, Lab, Runner, Submission
from labs.views.bench_shape import WIDTHS
from residual.accounts.models import User
from residual.progress import services as progress
from tests.factories import SOURCE, make_lab, make_submission, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("me", "lab")]


@pytest.fixture
def me(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def lab() -> Lab:
    return make_lab("sdpa", title="Attention <by> hand")


def page(client: Client, url: str = "/labs/sdpa/") -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, door: str, **fields: Any) -> Any:
    return client.post(f"/labs/sdpa/{door}", fields)


def test_the_page_shows_brief_checks_limits_and_the_starter(client: Client, lab: Lab) -> None:
    html = page(client)
    assert lab.brief_html in html
    assert "The values are right" in html
    assert "compared outside your process" in html
    assert "512 MB" in html
    assert "raise NotImplementedError" in html


def test_the_draft_is_in_the_editor_escaped(client: Client, me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "</textarea><script>alert(1)</script>", drafts.Kind.SAVED)
    html = page(client)
    assert "&lt;/textarea&gt;&lt;script&gt;" in html
    assert "<script>alert" not in html


def test_submitting_leads_to_the_submissions_page(client: Client, me: User, lab: Lab) -> None:
    answer = post(client, "submit", source=SOURCE)
    submission = Submission.objects.get(user=me, lab=lab)
    assert answer["Location"] == submission.get_absolute_url()


def test_a_chosen_file_goes_before_the_editors_text(client: Client) -> None:
    post(client, "submit", source="x = 1", file=SimpleUploadedFile("a.py", SOURCE.encode()))
    assert Submission.objects.get().source == SOURCE


def test_bad_code_comes_back_with_the_reason_and_the_code(client: Client) -> None:
    answer = post(client, "submit", source="def attention(:\n")
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Line 1 of attention.py does not compile" in html
    assert 'role="alert"' in html
    assert "def attention(:" in html


def test_a_file_that_is_not_utf8_is_refused_and_kept_readable(client: Client) -> None:
    answer = post(client, "submit", file=SimpleUploadedFile("a.py", b"# caf\xe9"))
    assert "is not UTF-8" in answer.content.decode()
    assert Draft.objects.get().source == "# caf\N{REPLACEMENT CHARACTER}"


def test_text_that_was_not_utf8_in_the_form_is_refused(client: Client) -> None:
    body = b"source=" + b"def+attention():+'%FF'"
    answer = client.post("/labs/sdpa/submit", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert "is not UTF-8" in answer.content.decode()


def test_a_draft_is_saved_by_htmx_with_a_word_and_without_it_by_a_button(client: Client, me: User, lab: Lab) -> None:
    typed = client.post("/labs/sdpa/draft", {"source": "x = 1"}, HTTP_HX_REQUEST="true")
    assert "Draft saved at" in typed.content.decode()
    assert "<html" not in typed.content.decode()
    clicked = post(client, "draft", source="x = 2")
    assert clicked["Location"] == lab.get_absolute_url()
    assert Draft.objects.get(user=me).source == "x = 2"


def test_uploading_fills_the_editor_and_submits_nothing(client: Client, me: User) -> None:
    post(client, "upload", file=SimpleUploadedFile("a.py", b"\xef\xbb\xbfx = 1\r\n"))
    assert Draft.objects.get(user=me).source == "x = 1\n"
    assert not Submission.objects.exists()


def test_uploading_nothing_asks_for_a_file_and_keeps_the_draft(client: Client, me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "precious", drafts.Kind.SAVED)
    assert "Choose a file first." in client.post("/labs/sdpa/upload", follow=True).content.decode()
    assert Draft.objects.get().source == "precious"


def test_resetting_brings_the_starter_back(client: Client, me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "x = 1", drafts.Kind.SAVED)
    post(client, "reset", source="x = 1")
    assert Draft.objects.get().source == lab.starter


def test_downloading_gives_what_is_in_the_editor_as_the_labs_file(client: Client) -> None:
    answer = post(client, "download", source="not saved yet")
    assert answer.content == b"not saved yet"
    assert answer["Content-Disposition"] == 'attachment; filename="attention.py"'


def test_past_submissions_are_listed_and_those_of_others_are_not(client: Client, me: User, lab: Lab) -> None:
    mine = make_submission(me, lab, status="done", verdict="failed")
    other = make_submission(lab=lab)
    html = page(client)
    assert mine.get_absolute_url() in html
    assert other.get_absolute_url() not in html


def test_hints_come_one_at_a_time_and_stay(client: Client) -> None:
    assert "A small hint." not in page(client)
    assert post(client, "hint")["Location"] == "/labs/sdpa/#hints"
    html = page(client)
    assert "A small hint." in html
    assert "A strong hint." not in html
    by_htmx = client.post("/labs/sdpa/hint", HTTP_HX_REQUEST="true").content.decode()
    assert "A strong hint." in by_htmx
    assert "<html" not in by_htmx
    post(client, "hint")
    assert "Show the next hint" not in page(client)


@pytest.mark.parametrize(
    ("level", "words"),
    [("full", None), ("namespaces", "Sandbox level: namespaces"), ("unsafe-local", "No sandbox: unsafe-local")],
)
def test_below_the_full_sandbox_a_banner_says_so(client: Client, level: str, words: str | None) -> None:
    Runner.objects.create(name="host", level=level, lanes=["check"], seen_at="2026-11-21T12:00:00Z")
    html = page(client)
    assert words is None or words in html
    assert words is not None or "andbox level" not in html


def test_the_banner_stays_on_every_page_of_a_lab(client: Client, me: User, lab: Lab) -> None:
    Runner.objects.create(name="host", level="unsafe-local", lanes=["check"], seen_at="2026-11-21T12:00:00Z")
    assert "No sandbox: unsafe-local" in page(client, "/labs/sdpa/history")
    assert "No sandbox: unsafe-local" in page(client, "/labs/sdpa/give-up")
    progress.complete(me, "lab", lab.pk)
    assert "No sandbox: unsafe-local" in page(client, "/labs/sdpa/solution")


@pytest.mark.parametrize("door", ["submit", "draft", "upload", "reset", "restore", "download", "hint"])
def test_buttons_are_posts_with_a_csrf_token(me: User, door: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(me)
    assert client.get(f"/labs/sdpa/{door}").status_code == 405
    assert client.post(f"/labs/sdpa/{door}").status_code == 403


def test_the_page_has_no_inline_script_or_style(client: Client, me: User, lab: Lab) -> None:
    submission = make_submission(me, lab)
    for url in ("/labs/", "/labs/sdpa/", submission.get_absolute_url()):
        html = page(client, url)
        assert " style=" not in html
        assert " onclick=" not in html
        assert "<script>" not in html


def test_the_policy_lets_the_editors_own_style_in_and_nothing_else_inline(client: Client) -> None:
    answer = client.get("/labs/sdpa/")
    policy = answer["Content-Security-Policy"]
    nonce = re.search(r"style-src 'self' 'nonce-([^']+)'", policy)
    assert nonce
    assert f'data-nonce="{nonce[1]}"' in answer.content.decode()
    assert "unsafe" not in policy
    assert "nonce" not in client.get("/labs/")["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("cookie", "split", "is_open"),
    [
        ("55-closed", 55, False),
        ("25-open", 25, True),
        ("", 40, True),
        ("99-open", 40, True),
        ('"><script>', 40, True),
    ],
)
def test_the_brief_comes_as_wide_as_it_was_left(client: Client, cookie: str, split: int, *, is_open: bool) -> None:
    client.cookies["bench"] = cookie
    html = page(client)
    assert f'data-split="{split}"' in html
    assert ('id="brief" open' in html) is is_open


def test_every_width_has_its_rule(client: Client) -> None:
    sheet = (settings.BASE_DIR / "labs/static/labs/bench.css").read_text()
    assert {int(width) for width in re.findall(r'\[data-split="(\d+)"\]', sheet)} == set(WIDTHS)
    assert f'aria-valuemin="{WIDTHS[0]}" aria-valuemax="{WIDTHS[-1]}"' in page(client)
