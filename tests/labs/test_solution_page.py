"""The annotated solution: opened by a pass or by giving up, read beside one's own code."""

from __future__ import annotations

import pytest
from django.test import Client

from labs import drafts, services
from labs.models import Lab, LabHelp, Submission
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
    return make_lab("sdpa", solution="def attention(q, k, v):\n    return v  # annotated\n")


def test_before_a_pass_the_solution_leads_to_the_page_that_opens_it(client: Client, me: User, lab: Lab) -> None:
    progress.record_share(me, "lab", lab.pk, 0.4)
    answer = client.get("/labs/sdpa/solution")
    assert answer["Location"] == "/labs/sdpa/give-up"
    assert "annotated" not in client.get("/labs/sdpa/").content.decode().replace("annotated solution", "")


def test_giving_up_asks_first_and_says_what_it_costs(client: Client) -> None:
    html = client.get("/labs/sdpa/give-up").content.decode()
    assert "marked “assisted”" in html
    assert "There are 2 hints that you have not read." in html
    assert not LabHelp.objects.exists()


def test_given_up_the_solution_stands_beside_the_draft(client: Client, me: User, lab: Lab) -> None:
    drafts.keep(me, lab, "mine_so_far = 1\n", drafts.Kind.SAVED)
    html = client.post("/labs/sdpa/give-up", follow=True).content.decode()
    assert "mine_so_far" in html
    assert "# annotated" in html
    assert "You opened it before passing" in html
    assert services.submit(me, lab, SOURCE).assisted


def test_giving_up_again_changes_nothing(client: Client) -> None:
    client.post("/labs/sdpa/give-up")
    when = LabHelp.objects.get().gave_up_at
    assert client.get("/labs/sdpa/give-up")["Location"] == "/labs/sdpa/solution"
    client.post("/labs/sdpa/give-up")
    assert LabHelp.objects.get().gave_up_at == when


def test_after_a_pass_giving_up_is_no_longer_possible(client: Client, me: User, lab: Lab) -> None:
    progress.complete(me, "lab", lab.pk)
    assert client.post("/labs/sdpa/give-up")["Location"] == "/labs/sdpa/solution"
    assert not LabHelp.objects.exists()


def test_after_a_pass_the_code_that_passed_stands_beside_the_solution(client: Client, me: User, lab: Lab) -> None:
    make_submission(me, lab, source="the_one = 1\n", status="done", verdict="passed")
    make_submission(me, lab, source="only_a_check = 1\n", status="done", verdict="passed", checks=["shapes"])
    make_submission(me, lab, source="failed_later = 1\n", status="done", verdict="failed")
    progress.complete(me, "lab", lab.pk)
    html = client.get("/labs/sdpa/solution").content.decode()
    assert "the_one" in html
    assert "only_a_check" not in html
    assert "failed_later" not in html


def test_another_text_of_mine_may_stand_there_but_none_of_others(client: Client, me: User, lab: Lab) -> None:
    progress.complete(me, "lab", lab.pk)
    mine = make_submission(me, lab, source="earlier = 1\n")
    other = make_submission(make_user(), lab, source="secret = 1\n")
    assert "earlier" in client.get("/labs/sdpa/solution", {"own": str(mine.pk)}).content.decode()
    assert client.get("/labs/sdpa/solution", {"own": str(other.pk)}).status_code == 404


def test_giving_up_needs_a_csrf_token(me: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(me)
    assert client.post("/labs/sdpa/give-up").status_code == 403
    assert not Submission.objects.exists()
