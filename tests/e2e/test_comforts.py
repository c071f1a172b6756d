"""What ui/app.js and htmx add to pages that work without them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.running import RunningSite
from tests.e2e.walk import sign_up

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]
WEEK = "/weeks/transformer-architecture/"


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """Somebody in Kolkata, which Chromium still calls by its old name."""
    context = browser.new_context(timezone_id="Asia/Kolkata", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def test_sign_up_offers_the_browsers_own_time_zone(visitor: Page, site: RunningSite) -> None:
    visitor.goto(f"{site.url}/accounts/signup/")
    assert visitor.input_value("select[name=time_zone]") == "Asia/Calcutta"
    sign_up(visitor, site.url)
    visitor.goto(f"{site.url}/accounts/settings/")
    assert visitor.input_value("select[name=time_zone]") == "Asia/Calcutta"


def test_the_theme_changes_at_once_and_stays(visitor: Page, site: RunningSite) -> None:
    visitor.goto(site.url)
    visitor.click("summary[aria-label=Theme]")
    visitor.click("button[value=dark]")
    expect(visitor.locator("html")).to_have_attribute("data-theme", "dark")
    expect(visitor.locator("button[value=dark]")).to_have_attribute("aria-pressed", "true")
    visitor.reload()
    expect(visitor.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_menu_closes_on_escape_and_gives_the_focus_back(visitor: Page, site: RunningSite) -> None:
    visitor.goto(site.url)
    visitor.click("summary[aria-label=Theme]")
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Escape")
    expect(visitor.locator("details.menu")).not_to_have_attribute("open", "")
    expect(visitor.locator("summary[aria-label=Theme]")).to_be_focused()


def test_two_keys_lead_to_a_page_unless_they_are_switched_off(visitor: Page, site: RunningSite) -> None:
    visitor.goto(site.url)
    visitor.keyboard.press("g")
    visitor.keyboard.press("p")
    visitor.wait_for_url("**/papers/")
    visitor.keyboard.press("/")
    expect(visitor.locator("#q")).to_be_focused()
    visitor.goto(site.url)
    visitor.keyboard.press("?")
    visitor.uncheck("#shortcuts-on")
    visitor.click("#keys button")
    visitor.keyboard.press("?")
    expect(visitor.locator("#keys")).not_to_be_visible()


def test_tabs_are_walked_with_arrows(visitor: Page, site: RunningSite) -> None:
    visitor.goto(f"{site.url}/style/")
    visitor.click("[role=tab]:has-text('Brief')")
    visitor.keyboard.press("ArrowRight")
    expect(visitor.locator("[role=tab]:has-text('Hints')")).to_have_attribute("aria-selected", "true")
    expect(visitor.locator("#tab-b")).to_be_visible()
    expect(visitor.locator("#tab-a")).not_to_be_visible()


def test_a_tick_moves_the_week_without_a_new_page(visitor: Page, site: RunningSite) -> None:
    sign_up(visitor, site.url)
    visitor.goto(site.url + WEEK)
    visitor.evaluate("window.samePage = true")
    visitor.locator("#week-live button[aria-pressed=false]").first.click()
    expect(visitor.locator("#week-live button[aria-pressed=true]")).to_have_count(1)
    expect(visitor.locator("#week-live button[aria-pressed=true]")).to_be_focused()
    assert visitor.evaluate("window.samePage")


def test_a_request_that_does_not_arrive_is_told(visitor: Page, site: RunningSite) -> None:
    sign_up(visitor, site.url)
    visitor.goto(site.url + WEEK)
    visitor.context.set_offline(True)
    visitor.locator("#week-live button[aria-pressed=false]").first.click()
    expect(visitor.locator("#toasts .toast.error")).to_contain_text("did not reach us")
    visitor.click("#toasts [data-dismiss]")
    expect(visitor.locator("#toasts .toast")).to_have_count(0)


def test_papers_are_found_while_one_types(visitor: Page, site: RunningSite) -> None:
    sign_up(visitor, site.url)
    visitor.goto(f"{site.url}/papers/")
    visitor.locator("#q").press_sequentially("devlin")
    expect(visitor.locator("#papers li")).to_have_count(1)
    expect(visitor).to_have_url(f"{site.url}/papers/?q=devlin")
