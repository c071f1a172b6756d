"""Measures one page in a real browser: accessibility, width, weight, where it asks, what it complains about."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from tests.e2e.conftest import ARTIFACTS

AXE: Final = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
WIDTHS: Final = (1280, 360)
SCHEMES: Final = ("light", "dark")
PICTURED: Final = ("light-1280", "dark-360")
# The observer hears of past shifts a moment after it is set up.
LAYOUT_SHIFT: Final = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 100);
})"""


@dataclass
class Findings:
    """What is wrong with a page, as sentences, and what it weighs. Empty `problems` is a good page."""

    problems: list[str] = field(default_factory=list)
    kilobytes: float = 0.0
    layout_shift: float = 0.0
    status: int = 0


def examine(page: Page, url: str, name: str) -> Findings:
    """Load `url` from a cold cache, then look at it in both themes and at both widths. Screenshots are kept."""
    findings = Findings()
    finished: list[Request] = []
    page.on("console", lambda message: _note_console(findings, message.type, message.text))
    page.on("pageerror", lambda error: findings.problems.append(f"script error: {error}"))
    page.on("request", lambda request: _note_host(findings, request.url, url))
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108  Playwright tags handlers
    response = page.goto(url, wait_until="load")
    assert response is not None
    findings.status = response.status
    findings.layout_shift = page.evaluate(LAYOUT_SHIFT)
    findings.kilobytes = sum(_transferred(request) for request in finished) / 1024
    page.evaluate(AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # a fading colour has no contrast yet
            _look(page, findings, f"{name}-{scheme}-{width}")
    return findings


def _look(page: Page, findings: Findings, look: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        findings.problems.append(f"{look}: scrolls sideways by {wide} px")
    report: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    for violation in report["violations"]:
        nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
        findings.problems.append(f"{look}: {violation['id']}: {violation['help']}: {nodes}")
    if look.endswith(PICTURED):
        _picture(page, look)


def _picture(page: Page, look: str) -> None:
    folder = ARTIFACTS / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{look}.png", full_page=True)


def _note_console(findings: Findings, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        findings.problems.append(f"console {kind}: {text}")


def _note_host(findings: Findings, asked: str, page_url: str) -> None:
    if urlsplit(asked).scheme not in {"data", "blob"} and urlsplit(asked).netloc != urlsplit(page_url).netloc:
        findings.problems.append(f"asks another host: {asked}")


def _transferred(request: Request) -> int:
    sizes = request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]
