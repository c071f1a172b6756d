"""The weekly table on home: twelve rows of words, in a constant number of queries."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from residual.accounts.models import User
from residual.progress.services import tick_reading
from tests.factories import make_activity, make_user, make_week

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def rows(client: Client) -> list[str]:
    """The text of each row, as it is read."""
    table = client.get("/").content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in table.split("<tr")[1:]]


def test_the_table_has_the_four_columns(client: Client, ada: User) -> None:  # noqa: ARG001  signed in
    head = client.get("/").content.decode().partition("<thead>")[2].partition("</thead>")[0]
    assert re.findall(r'<th scope="col">(\w+)', head) == ["Week", "Topic", "Status", "Completion"]


def test_each_week_has_a_row_that_tells_its_state_in_words(client: Client, ada: User) -> None:
    activities = [make_activity(make_week(number)) for number in range(1, 13)]
    make_activity(activities[1].week)
    tick_reading(ada, activities[0])
    tick_reading(ada, activities[1])
    found = rows(client)
    assert len(found) == 12
    assert "1 Topic 1" in found[0]
    assert "Complete" in found[0]
    assert "100 %" in found[0]
    assert "In progress" in found[1]
    assert "50 %" in found[1]
    assert "Planned" in found[2]
    assert "0 %" in found[2]


@pytest.mark.parametrize("address", ["/", "/weeks/"])
def test_more_weeks_and_activities_cost_no_more_queries(client: Client, ada: User, address: str) -> None:
    tick_reading(ada, make_activity(make_week(1)))
    few = queries(client, address)
    for number in range(2, 13):
        week = make_week(number)
        for _each in range(4):
            tick_reading(ada, make_activity(week))
    assert queries(client, address) == few


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)
