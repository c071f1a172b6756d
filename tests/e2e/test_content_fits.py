"""Whatever authors write, its page does not scroll sideways on a phone: wide tables and formulas do so in their box."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from curriculum.files import read_library
from labs.catalog_files import read_catalog
from tests.e2e.running import RunningSite
from tests.e2e.walk import sign_up

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]
NARROW = {"width": 360, "height": 800}


def addresses() -> Iterator[str]:
    library = read_library()
    assert library.roadmap is not None
    yield from (f"/labs/{lab.entry.slug}/" for lab in read_catalog().labs)
    yield from (f"/weeks/{week.slug}/" for month in library.roadmap.months for week in month.weeks)
    yield from (f"/phases/{phase.slug}/" for phase in library.phases.values())
    yield from (f"/papers/{paper.slug}/" for paper in library.papers.values())


def test_every_lab_week_phase_and_paper_fits_a_phone(page: Page, site: RunningSite) -> None:
    sign_up(page, site.url)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a plain dict is what the call takes
    too_wide: dict[str, int] = {}
    for address in addresses():
        answer = page.goto(site.url + address, wait_until="domcontentloaded")
        assert answer is not None
        assert answer.ok, address
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        too_wide |= {address: wide} if wide else {}
    assert too_wide == {}
