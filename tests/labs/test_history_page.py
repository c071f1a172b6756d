"""The history page: every version and submission, any two compared, any one brought back."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.html import escape

from labs import drafts
from labs.drafts import Kind
from labs.models import Draft, DraftVersion, Lab
from residual.accounts.models import User
from residual.progress import services as progress
from tests.factories import make_lab, make_submission, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("me", "lab")]
URL = "/labs/sdpa/history"


@pytest.fixture
def me(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def lab() -> Lab:
    return make_lab("sdpa")


def page(client: Client, query: str = "") -> str:
    answer = client.get(URL + query)
    assert answer.status_code == 200
    return answer.content.decode()


def newest() -> DraftVersion:
    found = DraftVersion.objects.first()
    assert found
    return found


def test_it_lists_the_draft_its_versions_submissions_and_the_starter(client: Client, me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "x = 1", Kind.UPLOADED)
    make_submission(me, lab, status="done", verdict="failed")
    html = page(client)
    for words in ("What is in the editor", "Uploaded", "Submission, failed", "The starter"):
        assert words in html
    assert "The annotated solution" not in html


def test_without_a_choice_the_last_submission_is_compared_with_the_editor(client: Client, me: User, lab: Lab) -> None:
    make_submission(me, lab, source="old = 1\n")
    drafts.keep(me, lab, "new = 1\n", Kind.SAVED)
    html = page(client)
    assert 'class="removed"' in html
    assert 'class="added"' in html
    assert html.index("old") < html.index("new")


def test_two_of_anything_are_compared_and_learners_markup_is_escaped(client: Client, me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "<script>alert(1)</script>", Kind.SAVED)
    html = page(client, f"?a=starter&b=v{newest().pk}")
    assert "<script>alert" not in html
    assert "1 line came" in html
    assert "2 lines went" in html


def test_the_same_text_twice_says_so(client: Client) -> None:
    assert "The two are the same." in page(client, "?a=starter&b=now")


def test_a_version_is_brought_back_and_what_was_there_stays(client: Client, me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "first", Kind.SAVED)
    first = newest()
    drafts.keep(me, lab, "second", Kind.SAVED)
    answer = client.post("/labs/sdpa/restore", {"ref": f"v{first.pk}"})
    assert answer["Location"] == lab.get_absolute_url()
    assert Draft.objects.get().source == "first"
    assert [version.source for version in DraftVersion.objects.order_by("pk")] == ["first", "second", "first"]


def test_a_submission_is_brought_back_too(client: Client, me: User, lab: Lab) -> None:
    sent = make_submission(me, lab, source="sent = 1\n")
    client.post("/labs/sdpa/restore", {"ref": str(sent.pk)})
    assert Draft.objects.get().source == "sent = 1\n"


def test_a_reset_can_be_undone_even_for_what_was_never_saved(client: Client, lab: Lab) -> None:
    client.post("/labs/sdpa/reset", {"source": "not saved yet"})
    assert Draft.objects.get().source == lab.starter
    client.post("/labs/sdpa/restore", {"ref": f"v{DraftVersion.objects.get(kind='saved').pk}"})
    assert Draft.objects.get().source == "not saved yet"


def test_others_texts_and_nonsense_are_not_found(client: Client, lab: Lab) -> None:
    other = make_user()
    drafts.keep(other, lab, "secret", Kind.SAVED)
    sent = make_submission(other, lab)
    for ref in (f"v{newest().pk}", str(sent.pk), "solution", "v", "v-1", "v" + "9" * 40, "nonsense", "v²"):
        assert client.get(URL, {"a": ref}).status_code == 404, ref
        assert client.post("/labs/sdpa/restore", {"ref": ref}).status_code == 404, ref


def test_a_submission_of_another_lab_is_not_found(client: Client, me: User) -> None:
    elsewhere = make_submission(me, make_lab("other"))
    assert client.get(URL, {"a": str(elsewhere.pk)}).status_code == 404


def test_the_solution_can_be_compared_once_it_is_open(client: Client, me: User, lab: Lab) -> None:
    progress.complete(me, "lab", lab.pk)
    assert "The annotated solution" in page(client, "?a=solution&b=now")


def test_without_scripts_a_tab_behind_is_led_to_the_comparison(client: Client, me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "faster", Kind.SAVED)
    answer = client.post("/labs/sdpa/draft", {"source": "slower", "base": "0"}, follow=True)
    html = answer.content.decode()
    assert "Both texts are kept." in html
    assert "faster" in html
    assert "slower" in html
    assert Draft.objects.get().source == "faster"


def test_with_scripts_a_tab_behind_gets_a_note_with_the_way_to_both(client: Client, me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "faster", Kind.SAVED)
    sent = {"source": "slower", "base": "0"}
    answer = client.post("/labs/sdpa/draft", sent, HTTP_HX_REQUEST="true")
    assert answer.status_code == 409
    assert escape(f"{URL}?a=now&b=v{newest().pk}") in answer.content.decode()
    forced = client.post("/labs/sdpa/draft", {"source": "slower", "base": "1"}, HTTP_HX_REQUEST="true")
    assert forced["X-Draft-Revision"] == "2"
    assert Draft.objects.get().source == "slower"


def test_the_list_reads_no_sources(client: Client, me: User, lab: Lab, django_assert_max_num_queries: object) -> None:
    for number in range(20):
        drafts.keep(me, lab, f"x = {number}", Kind.SAVED)
    with django_assert_max_num_queries(14):  # type: ignore[operator]  # a fixture that makes a context
        page(client)


def test_a_run_of_one_check_is_told_from_a_whole_submission(client: Client, me: User, lab: Lab) -> None:
    make_submission(me, lab, checks=["shapes"], status="done", verdict="passed")
    make_submission(me, lab, status="done", verdict="failed")
    html = client.get(URL).content.decode()
    assert "1 check only, passed" in html
    assert "Submission, failed" in html
