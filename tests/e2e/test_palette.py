"""The command palette and the keyboard map, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.quality import AXE
from tests.e2e.running import RunningSite
from tests.e2e.walk import sign_up

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]


def chosen(page: Page) -> str:
    """The words of the option that the input points at."""
    option = page.get_attribute("#palette-input", "aria-activedescendant")
    return page.inner_text(f"#{option}")


def test_a_few_letters_and_enter_lead_anywhere(page: Page, site: RunningSite) -> None:
    page.goto(f"{site.url}/weeks/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-input")).to_be_focused()
    expect(page.locator("#palette [role=option]").first).to_be_visible()
    page.keyboard.type("lora hand")
    assert chosen(page).startswith("LoRA by hand")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/login/**lora-by-hand**")


def test_arrows_walk_the_list_and_escape_gives_the_focus_back(page: Page, site: RunningSite) -> None:
    page.goto(f"{site.url}/papers/")
    page.focus("#q")
    page.keyboard.press("Control+k")
    page.keyboard.type("attention")
    expect(page.locator("#palette [role=option]").nth(1)).to_be_visible()
    first = chosen(page)
    page.keyboard.press("ArrowDown")
    assert chosen(page) != first
    page.keyboard.press("ArrowUp")
    assert chosen(page) == first
    page.evaluate(AXE)
    report = page.evaluate("axe.run('#palette', { resultTypes: ['violations'] })")
    assert report["violations"] == []
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).not_to_be_visible()
    expect(page.locator("#q")).to_be_focused()


def test_actions_are_done_and_not_only_places_opened(page: Page, site: RunningSite) -> None:
    sign_up(page, site.url)
    page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Dark theme")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Control+k")
    page.keyboard.type("log out")
    page.keyboard.press("Enter")
    expect(page.locator("header")).to_contain_text("Log in")


def test_what_fits_nothing_is_searched_for(page: Page, site: RunningSite) -> None:
    page.goto(site.url)
    page.keyboard.press("Control+k")
    page.keyboard.type("zzqqxx")
    expect(page.locator("#palette [role=status]")).to_contain_text("Nothing fits")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=zzqqxx")


def test_an_index_that_does_not_arrive_is_said(page: Page, site: RunningSite) -> None:
    page.goto(site.url)
    page.context.set_offline(True)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=status]")).to_contain_text("did not arrive")


def test_the_list_of_keys_holds_those_of_the_page_and_never_opens_while_one_types(
    page: Page, site: RunningSite
) -> None:
    sign_up(page, site.url)
    page.goto(f"{site.url}/reviews/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Undo the last answer")
    expect(page.locator("#keys")).to_contain_text("Go to or do anything")
    page.keyboard.press("Escape")
    page.goto(f"{site.url}/papers/")
    page.focus("#q")
    page.keyboard.type("g?w/")
    expect(page.locator("#keys")).not_to_be_visible()
    expect(page).to_have_url(f"{site.url}/papers/?q=g%3Fw%2F")


def test_a_slash_opens_the_palette_where_a_page_has_no_search(page: Page, site: RunningSite) -> None:
    page.goto(f"{site.url}/weeks/")
    page.keyboard.press("/")
    expect(page.locator("#palette-input")).to_be_focused()
    assert page.input_value("#palette-input") == ""
