"""Every page, in a real browser, in light and dark, narrow and wide: accessible, light, quiet, asking nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, BrowserContext, StorageState

from tests.e2e.quality import examine
from tests.e2e.running import RunningSite
from tests.e2e.walk import LAB, UNSCALED, sign_up, start_quiz, submit_and_wait

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]
PAGE_KB, WORKBENCH_KB = 150, 350
MAX_LAYOUT_SHIFT = 0.05

VISITORS = {
    "home": "/",
    "weeks": "/weeks/",
    "week": "/weeks/transformer-architecture/",
    "map": "/map/",
    "start": "/start/",
    "search": "/search/?q=attention",
    "phases": "/phases/",
    "phase": "/phases/transformers-and-nlp/",
    "papers": "/papers/",
    "paper": "/papers/attention-is-all-you-need/",
    "status": "/status/",
    "style": "/style/",
    "account_login": "/accounts/login/",
    "account_signup": "/accounts/signup/",
    "account_reset_password": "/accounts/password/reset/",
    "account_reset_password_done": "/accounts/password/reset/done/",
    "account_reset_password_from_key": "/accounts/password/reset/key/x-y/",
    "account_reset_password_from_key_done": "/accounts/password/reset/key/done/",
    "account_inactive": "/accounts/inactive/",
    "account_email_verification_sent": "/accounts/confirm-email/",
    "account_confirm_email": "/accounts/confirm-email/nonsense/",
}
LEARNERS = {
    "home": "/",
    "weeks": "/weeks/",
    "week": "/weeks/transformer-architecture/",
    "map": "/map/",
    "start": "/start/",
    "search": "/search/?q=nothing-holds-this",
    "paper": "/papers/attention-is-all-you-need/",
    "account_settings": "/accounts/settings/",
    "account_email": "/accounts/email/",
    "account_change_password": "/accounts/password/change/",
    "account_logout": "/accounts/logout/",
    "account_reauthenticate": "/accounts/reauthenticate/",
    "labs:index": "/labs/",
    "labs:lab": f"/labs/{LAB}/",
    "labs:history": f"/labs/{LAB}/history",
    "labs:submission": "the submission of the fixture",
    "reviews:session": "/reviews/",
    "reviews:quiz": "/reviews/papers/attention-is-all-you-need/",
    "reviews:preset": "/reviews/settings/",
}
NOT_PAGES = {
    "tick": "takes a POST",
    "theme": "takes a POST",
    "dismiss-guide": "takes a POST",
    "healthz": "JSON",
    "palette": "JSON",
    "account_set_password": "leads to account_change_password: everybody has a password",
    "account_confirm_login_code": "leads to account_login: login codes are off",
    "reviews:card": "the card that reviews:session shows",
    "reviews:verdict": "follows an answer; the journey walks there",
    **dict.fromkeys(
        ("labs:submit", "labs:draft", "labs:upload", "labs:reset", "labs:hint", "labs:restore"), "takes a POST"
    ),
    **dict.fromkeys(("labs:give-up", "labs:cancel", "labs:download"), "takes a POST"),
    **dict.fromkeys(("labs:panel", "labs:events"), "part of labs:submission"),
    **{f"reviews:{name}": "takes a POST" for name in ("answer", "undo", "suspend", "resume", "bury", "rate", "start")},
}


class Learner:
    """Somebody who failed a lab and started a quiz: their cookies, and their submission's address."""

    def __init__(self, state: StorageState, submission: str) -> None:
        self.state = state
        self.submission = submission


@pytest.fixture(scope="module")
def learner(browser: Browser, site: RunningSite) -> Learner:
    context = browser.new_context()
    page = context.new_page()
    sign_up(page, site.url)
    submit_and_wait(page, site.url, UNSCALED)
    submission = page.url
    start_quiz(page, site.url)
    state = context.storage_state()
    context.close()
    return Learner(state, submission)


@pytest.fixture
def visitor_context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def learner_context(browser: Browser, learner: Learner) -> Iterator[BrowserContext]:
    context = browser.new_context(storage_state=learner.state)
    yield context
    context.close()


@pytest.mark.parametrize("name", VISITORS)
def test_a_visitors_page_is_good(visitor_context: BrowserContext, site: RunningSite, name: str) -> None:
    hold_to_the_bar(visitor_context, site.url + VISITORS[name], f"visitor-{name}", PAGE_KB)


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learners_page_is_good(
    learner_context: BrowserContext, learner: Learner, site: RunningSite, name: str
) -> None:
    url = learner.submission if name == "labs:submission" else site.url + LEARNERS[name]
    limit = WORKBENCH_KB if name == "labs:lab" else PAGE_KB
    hold_to_the_bar(learner_context, url, f"learner-{name.replace(':', '-')}", limit)


def test_a_missing_page_is_good_too(visitor_context: BrowserContext, site: RunningSite) -> None:
    found = examine(visitor_context.new_page(), f"{site.url}/nothing-here/", "visitor-404")
    complaint = "console error: Failed to load resource: the server responded with a status of 404 (Not Found)"
    assert [problem for problem in found.problems if problem != complaint] == []


def test_no_page_is_forgotten() -> None:
    names = {name for name in url_names(get_resolver()) if not name.startswith(("api-", "runner-"))}
    assert names - {*VISITORS, *LEARNERS, *NOT_PAGES} == set()


def hold_to_the_bar(context: BrowserContext, url: str, name: str, limit_kb: int) -> None:
    found = examine(context.new_page(), url, name)
    assert found.problems == []
    assert found.status == 200
    assert found.kilobytes <= limit_kb
    assert found.layout_shift <= MAX_LAYOUT_SHIFT


def url_names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """The names of all addresses, with their namespaces."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield f"{space}{pattern.name}"
        else:
            yield from url_names(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
