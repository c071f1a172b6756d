"""From pressing Space on a verdict to the next question on screen: fetched ahead, against an ordinary page load.

    python -m benchmarks.next_card --url http://127.0.0.1:8000 --email demo@residual.invalid --password …

Gives up on a card per round, so use a learner made for it (`manage.py demo`), with cards due. The time ends two frames
after the question is in the page. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics

from playwright.sync_api import Page, sync_playwright

from tests.chromium import FLAGS, find

READING_MS = 1500  # a verdict is read at least so long; the next page arrives meanwhile
PRESS = """() => new Promise((done) => {
  const from = performance.now();
  const frames = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - from)));
  const seen = new MutationObserver(() => document.getElementById("answer-form") && (seen.disconnect(), frames()));
  seen.observe(document.body, { childList: true, subtree: true });
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true }));
})"""
LOADED = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def sign_in(page: Page, url: str, email: str, password: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.locator("form button.primary").first.click()
    page.wait_for_load_state()


def rounds(page: Page, url: str, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each round: the next question fetched ahead, and the same page loaded anew."""
    ahead, anew = [], []
    for _round in range(count):
        page.goto(f"{url}/reviews/")
        anew.append(page.evaluate(LOADED))
        if not page.locator("#give-up").count():
            break
        page.click("#give-up")
        page.wait_for_selector("#continue")
        page.wait_for_timeout(READING_MS)
        ahead.append(page.evaluate(PRESS))
    return ahead, anew


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("--url", "--email", "--password"):
        options.add_argument(name, required=True)
    options.add_argument("--rounds", type=int, default=8)
    given = options.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
        page = browser.new_page()
        sign_in(page, given.url, given.email, given.password)
        ahead, anew = (statistics.median(times) for times in rounds(page, given.url, given.rounds))
        browser.close()
    print("| next question | median ms | ratio |\n|---|---|---|")
    print(f"| fetched ahead | {ahead:.0f} | 1 |\n| loaded anew | {anew:.0f} | {anew / ahead:.1f} |")


if __name__ == "__main__":
    main()
