"""A run that goes on while its page is reloaded and cut off: in the end every stored point is on it, none twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.cut import Proxy, cuttable
from tests.e2e.quality import examine
from tests.e2e.running import RunningSite
from tests.e2e.walk import JUDGED_WITHIN_MS, LAB, sign_up, write_code

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]
SLOW = """
import time

from gpu_runner.live import report


def attention(q, k, v):
    for step in range(1, 61):
        report(step=step, loss=1 / step, accuracy=1 - 1 / step)
        print(f"{time.time():.4f}")
        time.sleep(0.04)
    return v
"""


@pytest.fixture
def proxy(site: RunningSite) -> Iterator[Proxy]:
    with cuttable(site.url) as proxy:
        yield proxy


@pytest.fixture
def page(browser: Browser, proxy: Proxy) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 800}, color_scheme="dark")
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    sign_up(opened, proxy.url)
    yield opened
    context.close()


def send(page: Page, proxy: Proxy, source: str) -> str:
    """Submit from the bench and go to the submission's page; returns where that is."""
    page.goto(f"{proxy.url}/labs/{LAB}/")
    write_code(page, source)
    page.click("#bench button.primary")
    page.click("[data-report]")
    page.wait_for_url("**/submissions/*/")
    return page.url


def stored(site: RunningSite, submission: UUID) -> int:
    """How many points the database holds."""
    with sqlite3.connect(site.data_dir / "residual.sqlite3") as database:
        found = database.execute(
            "SELECT COUNT(*) FROM labs_event WHERE kind = 'metric' AND submission_id = ?", [submission.hex]
        )
        return int(found.fetchone()[0])


def lines_after(page: Page, many: int) -> list[str]:
    """What the log shows once it is longer than that, while the run still goes on."""
    lines: list[str] = []
    while len(lines) <= many:
        expect(page.locator("#panel [sse-swap=log]")).to_be_visible()
        page.wait_for_timeout(100)
        lines = page.locator("#panel .log").inner_text().split()
    return lines


def test_no_point_and_no_line_is_lost_or_doubled_by_a_reload_and_a_cut_connection(
    page: Page, proxy: Proxy, site: RunningSite
) -> None:
    url = send(page, proxy, SLOW)
    submission = UUID(url.rstrip("/").rsplit("/", 1)[-1])
    expect(page.locator("#run .curve").first).to_be_visible()
    page.reload()
    expect(page.locator("#run .curve").first).to_be_visible()
    page.evaluate("addEventListener('htmx:sseError', () => (document.body.dataset.cut = 'yes'))")
    proxy.cut()
    expect(page.locator("body")).to_have_attribute("data-cut", "yes")
    page.wait_for_timeout(2500)  # tries of the stream and of the panel meet a site that is away
    proxy.mend()
    lines = lines_after(page, 100)
    assert lines == sorted(set(lines), key=float)
    expect(page.locator("#panel .callout").first).to_be_visible(timeout=JUDGED_WITHIN_MS)

    points = stored(site, submission)
    assert points > 10
    expect(page.locator("#run")).to_contain_text(f"{points} points")
    assert len(page.request.get(f"{url}points.csv").text().splitlines()) == points + 1
    assert page.locator("#run .curve").count() == 5  # loss, accuracy; memory, its peak, steps a second


def test_the_page_of_a_run_is_a_good_page(page: Page, browser: Browser, proxy: Proxy) -> None:
    url = send(page, proxy, SLOW.replace("0.04", "0.01"))
    expect(page.locator("#panel .callout").first).to_be_visible(timeout=JUDGED_WITHIN_MS)
    found = examine(browser, url, "labs:submission-run", page.context.storage_state())
    assert (found.problems, found.status) == ([], 200)
