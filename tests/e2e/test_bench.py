"""The bench in a real browser: CodeMirror over the textarea, left by keyboard, as wide as one likes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.e2e.running import RunningSite
from tests.e2e.walk import JUDGED, JUDGED_WITHIN_MS, LAB, UNSCALED, sign_up, write_code

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("site")]


@pytest.fixture(scope="module")
def learner(browser: Browser, site: RunningSite) -> StorageState:
    context = browser.new_context()
    sign_up(context.new_page(), site.url)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def desk(browser: Browser, learner: StorageState) -> Iterator[BrowserContext]:
    context = browser.new_context(storage_state=learner, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def bench(desk: BrowserContext, site: RunningSite) -> Page:
    page = desk.new_page()
    page.goto(f"{site.url}/labs/{LAB}/")
    expect(page.locator(".cm-content")).to_be_visible()
    return page


def test_python_is_coloured_and_what_is_typed_is_in_the_textarea(bench: Page) -> None:
    expect(bench.locator(".cm-line .tok-keyword").first).to_be_visible()
    write_code(bench, "def attention(q, k, v):\n    return v  # ☃\n")
    keyword = bench.locator(".tok-keyword").first
    ink = keyword.evaluate("element => getComputedStyle(element).color")
    assert ink != bench.locator(".cm-content").evaluate("element => getComputedStyle(element).color")
    expect(bench.locator("#draft-state")).to_contain_text("Draft saved")
    bench.reload()
    expect(bench.locator("#source")).to_have_value("def attention(q, k, v):\n    return v  # ☃\n")


def test_tab_indents_and_escape_then_tab_leaves(bench: Page) -> None:
    write_code(bench, "x = 1")
    bench.keyboard.press("Control+Home")
    bench.keyboard.press("Tab")
    expect(bench.locator("#source")).to_have_value("    x = 1")
    bench.keyboard.press("Shift+Tab")
    expect(bench.locator("#source")).to_have_value("x = 1")
    bench.keyboard.press("Escape")
    bench.keyboard.press("Tab")
    expect(bench.locator(".cm-content")).not_to_be_focused()
    expect(bench.locator("#source")).to_have_value("x = 1")
    bench.keyboard.press("Shift+Tab")
    expect(bench.locator(".cm-content")).to_be_focused()
    bench.keyboard.press("Tab")
    expect(bench.locator("#source")).to_have_value("    x = 1")


def test_the_editor_has_a_name_and_a_way_out_for_a_screen_reader(bench: Page) -> None:
    editor = bench.get_by_role("textbox", name="Code of attention.py")
    expect(editor).to_have_attribute("aria-describedby", "editor-keys")
    expect(bench.locator("#editor-keys")).to_contain_text("leaves the editor")


def test_control_f_searches_in_the_editor(bench: Page) -> None:
    write_code(bench, "alpha = 1\nbeta = alpha\n")
    bench.keyboard.press("Control+f")
    find = bench.get_by_role("textbox", name="Find")
    expect(find).to_be_focused()
    find.press_sequentially("alpha")
    expect(bench.locator(".cm-searchMatch")).to_have_count(2)
    bench.keyboard.press("Escape")
    expect(bench.locator(".cm-content")).to_be_focused()


def test_an_address_may_point_at_a_line(bench: Page, site: RunningSite) -> None:
    write_code(bench, "\n".join(f"x{number} = {number}" for number in range(1, 200)))
    expect(bench.locator("#draft-state")).to_contain_text("Draft saved")
    bench.goto(f"{site.url}/labs/")
    bench.goto(f"{site.url}/labs/{LAB}/#line-150")
    expect(bench.locator(".cm-pointed")).to_have_text("x150 = 150")
    expect(bench.locator(".cm-pointed")).to_be_in_viewport()


def test_the_brief_is_widened_and_closed_by_keyboard_and_stays_so(bench: Page) -> None:
    bar = bench.get_by_role("separator")
    bar.focus()
    bench.keyboard.press("End")
    expect(bar).to_have_attribute("aria-valuenow", "60")
    wide = bench.locator("#brief").bounding_box()
    bench.keyboard.press("ArrowLeft")
    narrower = bench.locator("#brief").bounding_box()
    assert wide
    assert narrower
    assert narrower["width"] < wide["width"]
    bench.keyboard.press("Enter")
    bench.reload()
    expect(bench.locator("#brief")).not_to_have_attribute("open", "")
    expect(bench.locator("#workbench")).to_have_attribute("data-split", "55")


def test_the_same_words_can_be_written_without_the_editor(desk: BrowserContext, site: RunningSite) -> None:
    desk.route("**/vendor/codemirror*.js", lambda route: route.abort())
    page = desk.new_page()
    page.goto(f"{site.url}/labs/{LAB}/")
    page.fill("#source", "y = 2")
    expect(page.locator("#draft-state")).to_contain_text("Draft saved")


def test_what_is_typed_offline_is_said_and_saved_when_the_connection_is_back(bench: Page) -> None:
    write_code(bench, "online = 1")
    expect(bench.locator("#draft-state")).to_contain_text("Draft saved")
    bench.context.set_offline(True)
    write_code(bench, "offline = 1")
    expect(bench.locator("#draft-state")).to_contain_text("Not saved: offline")
    bench.context.set_offline(False)
    expect(bench.locator("#draft-state")).to_contain_text("Draft saved", timeout=15_000)
    bench.reload()
    expect(bench.locator("#source")).to_have_value("offline = 1")


def test_what_no_server_ever_got_is_back_with_the_next_page(desk: BrowserContext, bench: Page) -> None:
    write_code(bench, "known = 1")
    expect(bench.locator("#draft-state")).to_contain_text("Draft saved")
    address = bench.url
    desk.set_offline(True)
    write_code(bench, "unsent = 1")
    expect(bench.locator("#draft-state")).to_contain_text("Not saved")
    bench.close()
    desk.set_offline(False)
    page = desk.new_page()
    page.goto(address)
    expect(page.locator("#draft-state")).to_contain_text("What could not be saved last time is back")
    expect(page.locator("#source")).to_have_value("unsent = 1")
    expect(page.locator(".cm-content")).to_contain_text("unsent = 1")


def test_two_tabs_lose_nothing_and_the_slower_one_is_told(desk: BrowserContext, bench: Page) -> None:
    write_code(bench, "start = 1")
    expect(bench.locator("#draft-state")).to_contain_text("Draft saved")
    other = desk.new_page()
    other.goto(bench.url)
    expect(other.locator(".cm-content")).to_be_visible()
    write_code(other, "other = 1")
    expect(other.locator("#draft-state")).to_contain_text("Draft saved")
    write_code(bench, "mine = 1")
    expect(bench.get_by_role("alert")).to_contain_text("Another tab saved this lab")
    bench.click("[data-keep-mine]")
    expect(bench.locator("#draft-state")).to_contain_text("Draft saved")
    bench.click("text=History")
    expect(bench.locator(".versions")).to_contain_text("From another tab, set aside")


def test_all_checks_and_one_are_run_by_keyboard_without_leaving_the_page(bench: Page) -> None:
    write_code(bench, UNSCALED)
    bench.evaluate("window.samePage = true")
    bench.keyboard.press("Control+Enter")
    expect(bench.locator(JUDGED).first).to_be_visible(timeout=JUDGED_WITHIN_MS)
    expect(bench.locator("#panel")).to_contain_text("without 1/√d")
    expect(bench.locator(".cm-content")).to_be_focused()
    expect(bench.locator("#run-said")).to_contain_text("passed")
    failed = bench.locator("#panel li.failed[id^=check-]").count()
    assert failed >= 1
    bench.keyboard.press("Control+Shift+Enter")
    expect(bench.locator("#panel")).to_contain_text("1 check only", timeout=JUDGED_WITHIN_MS)
    expect(bench.locator(JUDGED).first).to_be_visible(timeout=JUDGED_WITHIN_MS)
    expect(bench.locator("#panel")).to_contain_text("0 of 1 passed")
    assert bench.evaluate("window.samePage")


def test_code_that_does_not_compile_is_pointed_at_and_stays(bench: Page) -> None:
    write_code(bench, "x = 1\ndef attention(:\n")
    bench.keyboard.press("Control+Enter")
    expect(bench.locator("#refused")).to_contain_text("Line 2 of attention.py does not compile")
    expect(bench.locator(".cm-pointed")).to_have_text("def attention(:")
    expect(bench.locator(".cm-content")).to_be_focused()
    expect(bench.locator("#source")).to_have_value("x = 1\ndef attention(:\n")
