"""Every time is shown in the learner's time zone, and their study day follows it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from residual.accounts.middleware import TimeZoneMiddleware
from residual.accounts.models import User
from residual.accounts.time_zones import known_time_zones, time_zone_choices


def zone_inside(user: object) -> str:
    """The time zone that is active while a view runs for `user`."""
    request = RequestFactory().get("/")
    request.user = user  # type: ignore[assignment]  # tests hand in what the session would
    seen: list[str] = []

    def view(_request: HttpRequest) -> HttpResponse:
        seen.append(timezone.get_current_timezone_name())
        return HttpResponse()

    TimeZoneMiddleware(view)(request)
    return seen[0]


def test_a_view_runs_in_the_learners_time_zone() -> None:
    assert zone_inside(User(time_zone="Asia/Tokyo")) == "Asia/Tokyo"


def test_a_visitor_sees_utc() -> None:
    assert zone_inside(None) == "UTC"


def test_the_time_zone_does_not_leak_into_the_next_request() -> None:
    zone_inside(User(time_zone="Asia/Tokyo"))
    assert timezone.get_current_timezone_name() == "UTC"


def test_the_hours_before_the_rollover_belong_to_the_day_before() -> None:
    user = User(time_zone="Europe/Berlin", rollover_hour=4)
    assert user.study_day(datetime(2026, 3, 2, 2, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert user.study_day(datetime(2026, 3, 2, 3, 0, tzinfo=UTC)) == date(2026, 3, 2)


def test_every_zone_on_offer_is_known_and_offered_once() -> None:
    groups = [zones for _region, zones in time_zone_choices() if isinstance(zones, list)]
    offered = [zone for zones in groups for zone, _place in zones]
    assert len(offered) == len(set(offered)) > 300
    assert set(offered) <= known_time_zones()
