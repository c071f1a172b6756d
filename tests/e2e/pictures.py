"""Takes the pictures of docs/images from a running site with a demo learner.

    residual demo --password "…"
    python -m tests.e2e.pictures http://127.0.0.1:8000 "…"

The report is a real one: a wrong attention is submitted and judged while the pictures are taken.
"""

from __future__ import annotations

import sys

from playwright.sync_api import Page, expect, sync_playwright

from tests import chromium
from tests.e2e.running import ROOT
from tests.e2e.walk import UNSCALED, submit_and_wait

EMAIL = "demo@residual.invalid"
FOLDER = ROOT / "docs" / "images"
PICTURES = {
    "home": "/",
    "week": "/weeks/transformer-architecture/",
    "map": "/map/",
    "review": "/reviews/",
    "statistics": "/reviews/statistics/",
}


def log_in(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", EMAIL)
    page.fill("input[name=password]", password)
    page.click("main form button[type=submit]")
    expect(page.locator(".demo-banner")).to_be_visible()


def take(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.png")


def main() -> None:
    url, password = sys.argv[1].rstrip("/"), sys.argv[2]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="light")
        page.goto(url)
        take(page, "welcome")
        log_in(page, url, password)
        for name, path in PICTURES.items():
            page.goto(url + path)
            take(page, name)
        page.emulate_media(color_scheme="dark")
        page.goto(url)
        take(page, "home-dark")
        page.emulate_media(color_scheme="light")
        submit_and_wait(page, url, UNSCALED)
        expect(page.locator("#panel")).to_contain_text("without 1/√d")
        take(page, "report")
        browser.close()


if __name__ == "__main__":
    main()
