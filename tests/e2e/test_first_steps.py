"""A newcomer's first ten minutes in a real browser end with a passed lab and a reviewed card, with scripts or without.

`scripted` is whether scripts run.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import ARTIFACTS
from tests.e2e.running import ROOT, RunningSite
from tests.e2e.walk import JUDGED_WITHIN_MS, review_one, sign_up, write_code

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]
RIGHT = (ROOT / "labs/catalog/standardise-rows/solution.py").read_text()


@pytest.fixture(params=[True, False], ids=["scripted", "plain"])
def scripted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def newcomer(browser: Browser, scripted: bool) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=scripted)
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"first-steps-{'scripted' if scripted else 'plain'}.png", full_page=True)
    context.close()


def test_the_path_on_home_leads_to_a_passed_lab_and_a_reviewed_card(
    newcomer: Page, site: RunningSite, scripted: bool
) -> None:
    page = newcomer
    sign_up(page, site.url)
    read_the_page(page)
    pass_the_lab(page)
    page.goto(site.url)
    review_a_card(page, with_keyboard=scripted)
    page.goto(site.url)
    expect(page.locator("#path-title")).to_have_text("That was the whole routine")
    expect(page.locator("#first-steps .status.good")).to_have_count(3)
    page.click("#first-steps button")
    expect(page.locator("#first-steps")).to_have_count(0)


def read_the_page(page: Page) -> None:
    page.click("#first-steps .button.primary")
    page.check("input[value=evidence]")
    page.click("main form button.primary")
    expect(page.locator("#toasts")).to_contain_text("The first step is done")


def pass_the_lab(page: Page) -> None:
    """The starter fails, its report is read, the three lines are written, and it passes."""
    page.click("#first-steps .button.primary")
    lab = page.url
    page.click("#bench button.primary")
    expect(page.locator("#panel .callout").first).to_be_visible(timeout=JUDGED_WITHIN_MS)
    expect(page.locator("#panel li.failed").first).to_be_visible()
    page.goto(lab)
    write_code(page, RIGHT)
    page.click("#bench button.primary")
    expect(page.locator("#panel")).to_contain_text("Every check passes", timeout=JUDGED_WITHIN_MS)


def review_a_card(page: Page, *, with_keyboard: bool) -> None:
    page.click("#first-steps .button.primary")
    page.click("#start-quiz")
    expect(page.locator("#answer-form")).to_be_visible()
    review_one(page, with_keyboard=with_keyboard)
