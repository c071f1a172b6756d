"""A learner's first hour in a real browser, against everything that `make run` starts: with JavaScript and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import ARTIFACTS
from tests.e2e.running import RunningSite
from tests.e2e.walk import walk

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]


@pytest.fixture
def learner(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A new browser profile in Lisbon; its parameter says whether scripts run."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, timezone_id="Europe/Lisbon", java_script_enabled=request.param
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"journey-{'scripted' if request.param else 'plain'}.png", full_page=True)
    context.close()


@pytest.mark.parametrize("learner", [True], indirect=True, ids=["scripted"])
def test_from_sign_up_to_a_passed_lab_and_a_card_reviewed_by_keyboard(learner: Page, site: RunningSite) -> None:
    walk(learner, site.url, with_keyboard=True)


@pytest.mark.parametrize("learner", [False], indirect=True, ids=["plain"])
def test_the_same_way_without_javascript(learner: Page, site: RunningSite) -> None:
    walk(learner, site.url, with_keyboard=False)
