"""Every page, in a real browser, in light and dark, narrow and wide: accessible, quick, light, asking nobody else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, StorageState

from tests.e2e import pages
from tests.e2e.quality import cold_problems, examine
from tests.e2e.running import ROOT, RunningSite
from tests.e2e.walk import PASSWORD, UNSCALED, sign_up, start_quiz, submit_and_wait

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]


class Learner:
    """Somebody who failed a lab and answered a card: their cookies, and the addresses that only they know."""

    def __init__(self, state: StorageState, own: dict[str, str]) -> None:
        self.state = state
        self.own = own


@pytest.fixture(scope="module")
def learner(browser: Browser, site: RunningSite) -> Learner:
    context = browser.new_context()
    page = context.new_page()
    sign_up(page, site.url)
    submit_and_wait(page, site.url, UNSCALED)
    own = {"labs:submission": page.url}
    page.goto(f"{site.url}/labs/lora-by-hand/give-up")
    page.click("main form button.danger")
    start_quiz(page, site.url)
    page.goto(f"{site.url}/reviews/")
    page.click("#give-up")
    page.wait_for_selector("#continue")
    own["reviews:verdict"] = page.url
    state = context.storage_state()
    context.close()
    return Learner(state, own)


@pytest.fixture(scope="module")
def old_hand(browser: Browser, site: RunningSite) -> Learner:
    """The demo learner, with weeks of history."""
    subprocess.run(
        [sys.executable, "-m", "residual.cli", "demo", "--weeks", "9", "--password", PASSWORD],
        check=True,
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(site.data_dir), "LOG_LEVEL": "WARNING"},
        stdout=subprocess.DEVNULL,
    )
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/accounts/login/")
    page.fill("input[name=login]", "demo@residual.invalid")
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_selector(".demo-banner")
    page.goto(site.url + pages.OLD_HANDS["reviews:statistics"])
    assert page.locator("main svg").count() >= 3, "there is no history to look at"
    state = context.storage_state()
    context.close()
    return Learner(state, {})


@pytest.mark.parametrize("name", pages.VISITORS)
def test_a_visitors_page_is_good(browser: Browser, site: RunningSite, name: str) -> None:
    hold_to_the_bar(browser, site.url + pages.VISITORS[name], "visitor", name)


@pytest.mark.parametrize("name", pages.LEARNERS)
def test_a_learners_page_is_good(browser: Browser, learner: Learner, site: RunningSite, name: str) -> None:
    url = learner.own.get(name) or site.url + pages.LEARNERS[name]
    hold_to_the_bar(browser, url, "learner", name, learner.state)


@pytest.mark.parametrize("name", pages.OLD_HANDS)
def test_a_page_full_of_history_is_good(browser: Browser, old_hand: Learner, site: RunningSite, name: str) -> None:
    hold_to_the_bar(browser, site.url + pages.OLD_HANDS[name], "history", name, old_hand.state)


def test_a_missing_page_is_good_too(browser: Browser, site: RunningSite) -> None:
    found = examine(browser, f"{site.url}/nothing-here/", "visitor-404")
    complaint = "console error: Failed to load resource: the server responded with a status of 404 (Not Found)"
    assert [problem for problem in found.problems if problem != complaint] == []


def test_no_page_is_forgotten() -> None:
    names = {name for name in url_names(get_resolver()) if not name.startswith(("api-", "runner-"))}
    assert names - {*pages.VISITORS, *pages.LEARNERS, *pages.NOT_PAGES} == set()


def hold_to_the_bar(browser: Browser, url: str, who: str, name: str, state: StorageState | None = None) -> None:
    label = f"{who}-{name.replace(':', '-')}"
    found = examine(browser, url, label, state)
    assert found.problems == []
    assert found.status == 200
    assert cold_problems(browser, url, label, state, found.load, workbench=name in pages.WORKBENCHES) == []


def url_names(resolver: URLResolver, space: str = "") -> list[str]:
    """The names of all addresses, with their namespaces."""
    names: list[str] = []
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            names += [f"{space}{pattern.name}"] if pattern.name else []
        else:
            names += url_names(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
    return names
