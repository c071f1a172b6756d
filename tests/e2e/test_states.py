"""The states of a page that nobody plans for: offline, slow, very long words, many of them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.running import RunningSite
from tests.e2e.walk import LAB, sign_up, submit_and_wait

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]
LINE = "getComputedStyle(document.body, '::before')"
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 2
LONG_LINES = f"x = '{'y' * 900}'\n\n\ndef attention(q, k, v):\n    raise ValueError('{LONG}' * 9)\n"
PAGES = ["/", "/accounts/settings/", f"/search/?q={LONG}{LONG}", f"/papers/?q={LONG}", "/labs/", f"/labs/{LAB}/"]


def wider_than_the_screen(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def until(page: Page, expression: str) -> None:
    """Wait for a JavaScript expression to hold. Playwright's own way needs an eval, which the policy forbids."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never true: {expression}")


def test_offline_is_said_and_a_form_keeps_what_was_typed(page: Page, site: RunningSite) -> None:
    sign_up(page, site.url)
    page.goto(f"{site.url}/accounts/settings/")
    expect(page.locator("#offline")).not_to_be_visible()
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    page.fill("input[name=display_name]", "Ada")
    page.click("main form button.primary")
    expect(page.locator("#toasts .toast.error")).to_contain_text("did not reach us")
    expect(page.locator("input[name=display_name]")).to_have_value("Ada")
    page.context.set_offline(False)
    expect(page.locator("#offline")).not_to_be_visible()
    page.click("main form button.primary")
    expect(page.locator("#toasts")).to_contain_text("saved")


def test_a_request_that_takes_long_shows_that_something_happens(page: Page, site: RunningSite) -> None:
    sign_up(page, site.url)
    page.goto(f"{site.url}/papers/")
    held: list[Route] = []
    page.route("**/papers/?q=*", lambda route: held.append(route))  # noqa: PLW0108  Playwright tags handlers
    page.locator("#q").press_sequentially("bert")
    until(page, f"{LINE}.content !== 'none' && {LINE}.opacity === '1'")
    held[-1].continue_()
    expect(page.locator("#papers")).to_contain_text("BERT")
    until(page, f"{LINE}.content === 'none'")


def test_very_long_words_break_and_very_long_lines_scroll_in_their_box(page: Page, site: RunningSite) -> None:
    sign_up(page, site.url)
    page.goto(f"{site.url}/accounts/settings/")
    page.fill("input[name=display_name]", LONG)
    page.click("main form button.primary")
    expect(page.locator("#toasts")).to_contain_text("saved")
    submit_and_wait(
        page, site.url, f"x = '{'y' * 900}'\n\n\ndef attention(q, k, v):\n    raise ValueError('{LONG}' * 9)\n"
    )
    page.set_viewport_size({"width": 360, "height": 800})
    assert wider_than_the_screen(page) == 0, page.url
    for path in PAGES:
        page.goto(site.url + path)
        assert wider_than_the_screen(page) == 0, path
