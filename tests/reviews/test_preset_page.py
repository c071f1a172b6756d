"""The settings of reviews."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from residual.reviews.models import Preset
from residual.reviews.presets import preset_of
from tests.factories_reviews import make_user

pytestmark = pytest.mark.django_db

FORM = {
    "daily_new": "5",
    "daily_reviews": "40",
    "desired_retention": "0.85",
    "maximum_interval": "180",
    "learning_minutes": "1, 10",
    "relearning_minutes": "10",
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
