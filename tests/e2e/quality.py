"""Measures one page in a real browser: accessibility, width, speed, weight, where it asks, what it complains about."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, Response, StorageState

from tests.e2e.conftest import ARTIFACTS

AXE: Final = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
WIDTHS: Final = (1280, 360)
SCHEMES: Final = ("light", "dark")
PICTURED: Final = ("light-1280", "dark-360")
PAGE_KB, WORKBENCH_KB = 150, 350
LONGEST_PAINT_MS: Final = 1000
MAX_LAYOUT_SHIFT: Final = 0.05
COLD_LOADS: Final = 10  # at most; a page that is quick once needs one
PAUSE_MS: Final = 400
BREATH_S: Final = 1.0  # before a slow page is tried again: another test may be busy just now
# The observers hear of what is past a moment after they are set up. [the largest paint in ms, the sum of shifts]
VITALS: Final = """() => new Promise((done) => {
  let paint = 0, shift = 0;
  const watch = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch("largest-contentful-paint", (entry) => (paint = Math.max(paint, entry.startTime)));
  watch("layout-shift", (entry) => (shift += entry.hadRecentInput ? 0 : entry.value));
  setTimeout(() => done([paint, shift]), 150);
})"""


@dataclass(frozen=True)
class ColdLoad:
    """One load with nothing cached, at one width."""

    paint_ms: float
    layout_shift: float
    kilobytes: float


@dataclass
class Findings:
    """What is wrong with a page, as sentences. Empty `problems` is a good page."""

    problems: list[str] = field(default_factory=list)
    status: int = 0
    load: ColdLoad = field(default_factory=lambda: ColdLoad(0, 0, 0))


def examine(browser: Browser, url: str, name: str, state: StorageState | None = None) -> Findings:
    """Load `url` cold, then look at it in both themes and at both widths. Screenshots are kept."""
    findings = Findings()
    with _profile(browser, WIDTHS[0], state) as page:
        page.on("console", lambda message: _note_console(findings, message.type, message.text))
        page.on("pageerror", lambda error: findings.problems.append(f"script error: {error}"))
        page.on("request", lambda request: _note_host(findings, request.url, url))
        response, findings.load = _load(page, url)
        findings.status = response.status
        _note_policy(findings, response.headers.get("content-security-policy", ""))
        page.evaluate(AXE)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # a fading colour has no contrast yet
                _look(page, findings, f"{name}-{scheme}-{width}")
    return findings


def cold_problems(
    browser: Browser, url: str, name: str, state: StorageState | None, first: ColdLoad, *, workbench: bool
) -> list[str]:
    """What is too slow, too heavy or jumps, at both widths. Every figure is kept in test-artifacts/pages.tsv.

    `first` is a load at the first width. Other work only ever adds time, so the quickest of a few loads counts.
    """
    limit = WORKBENCH_KB if workbench else PAGE_KB
    problems = []
    for width, loads in ((WIDTHS[0], [first]), (WIDTHS[1], [])):
        while not loads or (loads[-1].paint_ms > LONGEST_PAINT_MS and len(loads) < COLD_LOADS):
            time.sleep(BREATH_S if loads else 0)
            with _profile(browser, width, state) as page:
                loads.append(_load(page, url)[1])
        problems += [f"{width} px: {problem}" for problem in _too_much(_kept(loads, name, width), limit)]
    return problems


def _kept(loads: list[ColdLoad], name: str, width: int) -> ColdLoad:
    best = min(loads, key=lambda load: load.paint_ms)
    with (ARTIFACTS / "pages.tsv").open("a") as table:
        table.write(f"{name}\t{width}\t{best.paint_ms:.0f}\t{best.layout_shift:.3f}\t{best.kilobytes:.1f}\n")
    return best


def _too_much(load: ColdLoad, limit_kb: int) -> Iterator[str]:
    if load.paint_ms > LONGEST_PAINT_MS:
        yield f"the largest paint comes after {load.paint_ms:.0f} ms"
    if load.layout_shift > MAX_LAYOUT_SHIFT:
        yield f"the layout shifts by {load.layout_shift:.3f}"
    if load.kilobytes > limit_kb:
        yield f"{load.kilobytes:.0f} kB travel, {limit_kb} are allowed"


@contextmanager
def _profile(browser: Browser, width: int, state: StorageState | None) -> Iterator[Page]:
    """A page of a new browser profile, which has nothing cached."""
    context = browser.new_context(storage_state=state, viewport={"width": width, "height": 900})
    yield context.new_page()
    context.close()


def _load(page: Page, url: str) -> tuple[Response, ColdLoad]:
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108  Playwright tags handlers
    response = page.goto(url, wait_until="load")
    assert response is not None
    page.wait_for_timeout(PAUSE_MS)  # what comes late counts as well: polling, a shift after load
    paint, shift = page.evaluate(VITALS)
    return response, ColdLoad(paint, shift, sum(_transferred(request) for request in finished) / 1024)


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


def _note_policy(findings: Findings, policy: str) -> None:
    if "default-src 'none'" not in policy or "unsafe-" in policy:
        findings.problems.append(f"a weak Content-Security-Policy: {policy!r}")


def _note_host(findings: Findings, asked: str, page_url: str) -> None:
    if urlsplit(asked).scheme not in {"data", "blob"} and urlsplit(asked).netloc != urlsplit(page_url).netloc:
        findings.problems.append(f"asks another host: {asked}")


def _transferred(request: Request) -> int:
    sizes = request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]
