"""The settings of reviews."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from residual.reviews.models import Preset
from residual.reviews.presets import preset_of
from residual.reviews.queries import due
from tests.factories_reviews import MONDAY, days, make_card, make_user

pytestmark = pytest.mark.django_db

FORM = {
    "daily_new": "5",
    "daily_reviews": "40",
    "daily_minutes": "15",
    "desired_retention": "0.85",
    "maximum_interval": "180",
    "learning_minutes": "1, 10",
    "relearning_minutes": "10",
    "leech_lapses": "5",
    **{f"day_{number}": "100" for number in range(7)},
}


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(make_user())
    return client


def test_a_learner_has_defaults_before_they_choose(browser: Client) -> None:
    page = browser.get(reverse("reviews:preset")).content.decode()
    assert 'value="0.9"' in page
    assert not Preset.objects.exists()
    assert preset_of(make_user()).parameters().learning_minutes == (10,)


def test_every_change_is_a_new_version(browser: Client) -> None:
    for retention, version in [("0.85", 1), ("0.85", 1), ("0.9", 2)]:
        browser.post(reverse("reviews:preset"), FORM | {"desired_retention": retention})
        assert Preset.objects.get().version == version
    assert Preset.objects.get().learning_minutes == [1, 10]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("desired_retention", "0.99"),
        ("desired_retention", "nan"),
        ("maximum_interval", "1"),
        ("daily_new", "-1"),
        ("daily_reviews", "0"),
        ("learning_minutes", ""),
        ("learning_minutes", "10 1"),
        ("learning_minutes", "1 1"),
        ("learning_minutes", "0"),
        ("learning_minutes", "241"),
        ("learning_minutes", "1 2 3 4 5 6"),
        ("relearning_minutes", "ten"),
        ("relearning_minutes", "٣"),
    ],
)
def test_values_the_scheduler_can_not_work_with_are_refused(browser: Client, field: str, value: str) -> None:
    response = browser.post(reverse("reviews:preset"), FORM | {field: value})
    assert response.status_code == 422
    assert "errors" in response.content.decode()
    assert not Preset.objects.exists()


def test_easy_days_are_kept_and_change_the_version(browser: Client) -> None:
    browser.post(reverse("reviews:preset"), FORM)
    browser.post(reverse("reviews:preset"), FORM | {"day_5": "50", "day_6": "0"})
    preset = Preset.objects.get()
    assert (preset.version, preset.easy_days) == (2, [100, 100, 100, 100, 100, 50, 0])
    assert preset.parameters().easy_days == (100, 100, 100, 100, 100, 50, 0)


def test_an_easy_day_is_none_half_or_whole(browser: Client) -> None:
    assert browser.post(reverse("reviews:preset"), FORM | {"day_0": "70"}).status_code == 422


def test_a_day_off_begins_no_new_question() -> None:
    user = make_user()
    make_card(user)
    Preset.objects.create(user=user, easy_days=[0, 100, 100, 100, 100, 100, 100])
    assert (due(user, MONDAY), len(due(user, MONDAY + days(1)))) == ([], 1)
