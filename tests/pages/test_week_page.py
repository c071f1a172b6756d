"""A week's page: what the roadmap says, what there is to do, and how it adds up."""

from __future__ import annotations

import pytest
from django.test import Client

from curriculum.models import NamedLab, WeekLine
from residual.progress.services import complete, record_share
from tests.factories import make_activity, make_lab, make_paper, make_phase, make_user, make_week

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    return client.get("/weeks/week-2/").content.decode()


def test_a_visitor_may_read_a_week_and_is_invited(client: Client) -> None:
    week = make_week(2)
    WeekLine.objects.create(id="l", week=week, kind="focus", text_html="<p>Self-attention.</p>", digest="0")
    html = page(client)
    assert "<p>Self-attention.</p>" in html
    assert "Make it yours" in html
    assert "Your week" not in html


def test_each_activity_says_its_share_of_the_week(client: Client) -> None:
    week = make_week(2)
    make_activity(week, "lab", minutes=30)
    make_activity(week, "lab", minutes=10)
    client.force_login(make_user())
    html = page(client)
    assert "75 % of the week" in html
    assert "25 % of the week" in html


def test_a_lab_in_the_catalogue_is_linked_and_shows_how_far_it_is(client: Client) -> None:
    user, lab = make_user(), make_lab("attention")
    make_activity(make_week(2), "lab", ref=lab.pk, title="Attention")
    record_share(user, "lab", lab.pk, 0.25)
    client.force_login(user)
    html = page(client)
    assert '<a href="/labs/attention/">Attention</a>' in html
    assert "25 % done" in html


def test_a_lab_that_is_not_out_yet_says_so_and_has_no_link(client: Client) -> None:
    make_activity(make_week(2), "lab", title="Later", released=False)
    html = page(client)
    assert "Not out yet" in html
    assert ">Later</a>" not in html


def test_a_pass_with_the_solution_open_is_marked(client: Client) -> None:
    user, lab = make_user(), make_lab("attention")
    make_activity(make_week(2), "lab", ref=lab.pk)
    complete(user, "lab", lab.pk, assisted=True)
    client.force_login(user)
    html = page(client)
    assert "assisted" in html
    assert "100 % come from labs passed with the solution open." in html


@pytest.mark.parametrize(
    ("shown", "words"),
    [(["quiz_learned"], "Learned, not kept yet"), (["quiz_learned", "quiz_kept"], "Learned and kept"), ([], "To do")],
)
def test_a_quiz_says_whether_it_is_learned_and_kept(client: Client, shown: list[str], words: str) -> None:
    user, paper = make_user(), make_paper("bert")
    make_activity(make_week(2), "quiz", ref=paper.pk, paper=paper)
    for kind in shown:
        complete(user, kind, paper.pk)
    client.force_login(user)
    html = page(client)
    assert words in html
    assert 'href="/reviews/papers/bert/"' in html


def test_stretch_gives_a_mark_and_no_points(client: Client) -> None:
    make_activity(make_week(2), stretch=True)
    client.force_login(make_user())
    assert "stretch: a mark, no points" in page(client)


def test_the_arithmetic_is_shown(client: Client) -> None:
    user, paper = make_user(), make_paper("bert")
    week = make_week(2)
    make_activity(week, "lab", ref="lab-a")
    make_activity(week, "quiz", ref=paper.pk, paper=paper)
    make_activity(week)
    complete(user, "lab", "lab-a")
    client.force_login(user)
    html = page(client)
    for part in ("Labs", "Quiz learned", "Quiz kept", "Readings, theory and journal"):
        assert f"</svg>{part}</th>" in html
    assert '<td class="number">60 %</td><td class="number">60 %</td>' in html


def test_the_next_gain_is_named(client: Client) -> None:
    activity = make_activity(make_week(2))
    client.force_login(make_user())
    html = page(client)
    assert f"Next: read <i>{activity.title}</i>" in html
    assert "+100 %" in html


def test_a_week_leads_to_its_neighbours_and_phases(client: Client) -> None:
    make_week(1)
    make_week(3)
    make_week(2).phases.add(make_phase(4))
    html = page(client)
    assert 'href="/weeks/week-1/"' in html
    assert 'href="/weeks/week-3/"' in html
    assert 'href="/phases/phase-4/"' in html


def test_text_of_activities_is_escaped(client: Client) -> None:
    make_activity(make_week(2), title="<script>alert(1)</script>")
    assert "<script>alert(1)" not in page(client)


def test_the_roadmap_groups_weeks_by_month(client: Client) -> None:
    make_week(1)
    make_week(2)
    html = client.get("/weeks/").content.decode()
    assert "Month 1: Month 1" in html
    assert html.index('href="/weeks/week-1/"') < html.index('href="/weeks/week-2/"')


def test_a_week_says_what_it_builds_on_and_leads_to(client: Client) -> None:
    first, second = make_week(1), make_week(2)
    second.needs.add(first)
    assert 'href="/weeks/week-1/">week 1, Topic 1</a>' in client.get("/weeks/week-2/").content.decode()
    assert 'href="/weeks/week-2/">week 2, Topic 2</a>' in client.get("/weeks/week-1/").content.decode()


def test_a_lab_names_what_it_builds_on_until_that_is_passed(client: Client) -> None:
    user, week, lab = make_user(), make_week(1), make_lab("block")
    make_activity(week, "lab", ref=lab.pk)
    first = NamedLab.objects.create(id="lab-first", title="Heads", digest="0")
    NamedLab.objects.create(id=lab.pk, title="Block", digest="0").needs.add(first)
    client.force_login(user)
    assert "Builds on: Heads" in client.get("/weeks/week-1/").content.decode()
    complete(user, "lab", "lab-first")
    assert "Builds on: Heads" not in client.get("/weeks/week-1/").content.decode()
