"""A learner's first hour, step by step, in a browser: used by the journey's test and against any site by hand.

    python -m tests.e2e.walk http://127.0.0.1:8000

walks it against a running site (the Docker one, say), prints each step, and ends with 0 when all of it worked.
"""

from __future__ import annotations

import sys
from uuid import uuid4

from playwright.sync_api import Page, expect, sync_playwright

from tests import chromium
from tests.e2e.running import ROOT

LAB = "scaled-dot-product-attention"
PASSWORD = "a long enough pass phrase"
JUDGED_WITHIN_MS = 60_000
JUDGED = "#panel:not([aria-busy]):not([sse-connect]) .callout"  # on the bench, and on the submission's page
RIGHT = (ROOT / "labs/catalog" / LAB / "solution.py").read_text()
UNSCALED = """import torch


def attention(q, k, v):
    return torch.softmax(q @ k.transpose(-2, -1), dim=-1) @ v
"""


def walk(page: Page, url: str, *, with_keyboard: bool) -> None:
    """Sign up, fail a lab, read why, pass it, see the table move, review a card. AssertionError where it stops."""
    say(f"sign up as {sign_up(page, url)}")
    before = week_row(page, url, 2)
    assert "Planned" in before, before
    submit_and_wait(page, url, UNSCALED)
    expect(page.locator("#panel")).to_contain_text("without 1/√d")
    say("a wrong attention: its mistake is named")
    submit_and_wait(page, url, RIGHT)
    expect(page.locator("#panel")).to_contain_text("Every check passes")
    assert page.locator("#panel li.passed").count() >= 5
    after = week_row(page, url, 2)
    assert "In progress" in after, after
    say(f"a right one: week 2 went from {' '.join(before.split())!r} to {' '.join(after.split())!r}")
    start_quiz(page, url)
    review_one(page, with_keyboard=with_keyboard)
    say("a card reviewed, the next one shown")


def say(step: str) -> None:
    """One line per step, for the person who walks it by hand."""
    sys.stdout.write(f"  {step}\n")


def sign_up(page: Page, url: str) -> str:
    """Make an account; returns its e-mail."""
    email = f"{uuid4().hex[:12]}@learner.example"
    page.goto(f"{url}/accounts/signup/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password1]", PASSWORD)
    page.click("main form button[type=submit]")
    expect(page.locator("main")).to_contain_text("Transformer Architecture")
    return email


def week_row(page: Page, url: str, number: int) -> str:
    """The words of one row of the weekly table."""
    page.goto(url)
    rows = page.locator("table tbody tr")
    expect(rows).to_have_count(12)
    return rows.nth(number - 1).inner_text()


def submit_and_wait(page: Page, url: str, source: str) -> None:
    """From the roadmap to week 2 to its lab; submit `source`; wait for the verdict; end on the submission's page."""
    page.goto(f"{url}/weeks/")
    page.click("main a:has-text('The Transformer Architecture')")
    page.click("main a:has-text('Scaled dot-product attention')")
    write_code(page, source)
    page.click("#bench button.primary")
    expect(page.locator(JUDGED).first).to_be_visible(timeout=JUDGED_WITHIN_MS)
    if page.locator("[data-report]").count():  # with scripts one stays on the bench
        page.click("[data-report]")


def write_code(page: Page, source: str) -> None:
    """Put `source` on the bench: into CodeMirror where scripts run, else into the textarea."""
    page.wait_for_load_state()  # on a busy machine the script that says it runs may come late
    if page.evaluate("document.documentElement.classList.contains('js')"):
        page.locator(".editor .cm-content").focus()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(source)  # fill() makes Chromium insert styled spans, which the policy forbids
        expect(page.locator("#source")).to_have_value(source)
    else:
        page.fill("#source", source)


def start_quiz(page: Page, url: str) -> None:
    """From the paper to its quiz to the first card; the due count stands in the header."""
    page.goto(f"{url}/reviews/papers/attention-is-all-you-need/")
    page.click("#start-quiz")
    page.goto(f"{url}/reviews/")
    expect(page.locator("#answer-form")).to_be_visible()
    expect(page.locator("header .badge")).to_be_visible()


def review_one(page: Page, *, with_keyboard: bool) -> None:
    """Answer the first card, rightly or wrongly, see its verdict, and go on to the next one."""
    first = page.inner_text("#prompt")
    if with_keyboard:
        answer_by_keys(page)
        expect(page.locator("#verdict")).to_be_focused()
        page.keyboard.press("Enter")
    else:
        page.click("#give-up")
        page.click("#continue")
    expect(page.locator("#prompt")).not_to_have_text(first)


def answer_by_keys(page: Page) -> None:
    """Nothing but the keyboard: choose or type something, then Enter."""
    if page.locator("#answer-form input[type=radio], #answer-form input[type=checkbox]").count():
        page.keyboard.press("1")
    else:
        for _ in range(page.locator("#answer-form input.blank, #answer-text").count()):
            page.keyboard.type("1")
            page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def main() -> None:
    url = sys.argv[1].rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        walk(browser.new_page(), url, with_keyboard=True)
        browser.close()
    say("all of it works")


if __name__ == "__main__":
    main()
