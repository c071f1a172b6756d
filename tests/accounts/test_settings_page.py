"""A learner's own settings."""

from __future__ import annotations

import pytest
from django.test import Client

from residual.accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
URL = "/accounts/settings/"


@pytest.fixture
def ada(client: Client) -> User:
    user = make_user("ada@example.org")
    client.force_login(user)
    return user


def test_a_visitor_is_sent_to_log_in(client: Client) -> None:
    assert client.get(URL).headers["Location"] == f"/accounts/login/?next={URL}"


def test_name_time_zone_and_rollover_are_saved(client: Client, ada: User) -> None:
    response = client.post(URL, {"display_name": "Ada", "time_zone": "Asia/Tokyo", "rollover_hour": "3"})
    ada.refresh_from_db()
    assert response.headers["Location"] == URL
    assert (ada.display_name, ada.time_zone, ada.rollover_hour) == ("Ada", "Asia/Tokyo", 3)


@pytest.mark.usefixtures("ada")
def test_saving_is_confirmed(client: Client) -> None:
    details = {"display_name": "", "time_zone": "UTC", "rollover_hour": "4"}
    assert "Your settings are saved." in client.post(URL, details, follow=True).content.decode()


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Olympus"}, {"rollover_hour": "24"}, {"rollover_hour": "x"}])
def test_a_wrong_value_is_refused_and_nothing_is_saved(client: Client, ada: User, wrong: dict[str, str]) -> None:
    response = client.post(URL, {"display_name": "Eve", "time_zone": "UTC", "rollover_hour": "4", **wrong})
    ada.refresh_from_db()
    assert response.status_code == 422
    assert ada.display_name == ""
    assert response.context["form"].errors.keys() == wrong.keys()


def test_the_form_changes_nothing_else(client: Client, ada: User) -> None:
    fields = {
        "display_name": "Ada",
        "time_zone": "UTC",
        "rollover_hour": "4",
        "is_staff": "on",
        "email": "x@example.org",
    }
    client.post(URL, fields)
    ada.refresh_from_db()
    assert (ada.is_staff, ada.email) == (False, "ada@example.org")


@pytest.mark.usefixtures("ada")
def test_a_time_zone_the_list_does_not_offer_is_kept_when_saving(client: Client) -> None:
    User.objects.update(time_zone="US/Pacific")
    assert '<option value="US/Pacific" selected>' in client.get(URL).content.decode()
