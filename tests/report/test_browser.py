"""The page in a real browser: hostile text stays text, everything can be reached by click and by key, and the layout fits.

Needs Playwright and a Chromium: `apt-get install chromium`, or `playwright install chromium`; without them these tests are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report import small

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
Page = Any
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
LINKS = "#list a"
PATIENCE = 180_000
"""Milliseconds: long, because the machine may be busy."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium, Debian's or Playwright's own."""
    with sync_api.sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome") or playwright.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("Chromium is not installed: apt-get install chromium, or playwright install chromium")
        browser = playwright.chromium.launch(executable_path=path, timeout=PATIENCE)
        yield browser
        browser.close()


class Opened:
    """The page in its own window, with its errors and its requests."""

    def __init__(self, chromium: Any, path: Path, size: dict[str, int] = DESKTOP, **options: Any) -> None:
        self.context = chromium.new_context(viewport=size, reduced_motion="reduce", **options)
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def ids(self) -> list[str]:
        """The rows that the list shows."""
        return self.page.locator(LINKS).all_inner_texts()

    def count(self) -> int:
        return int(self.page.inner_text("#count").split()[0])


@pytest.fixture
def opened(chromium: Any, page: Path) -> Iterator[Opened]:
    window = Opened(chromium, page)
    yield window
    assert window.faults == []
    assert window.requests == [page.as_uri()], "the page requested something"
    assert window.page.evaluate("window.hacked") is None
    window.context.close()


def test_hostile_text_stays_text_in_every_row_and_every_lineage(opened: Opened) -> None:
    page = opened.page
    elements = page.evaluate(
        "document.querySelectorAll('script, style, iframe, img, [onclick], [onerror], [onload]').length"
    )
    assert elements == 3
    held = page.evaluate("JSON.parse(document.getElementById('data').textContent).rows")
    seen = ""
    for row in held[::7] + [row for row in held if "odd" in row["id"]]:
        page.evaluate(
            "([stage, item, id]) => { location.hash = 'row?' + new URLSearchParams({stage, item, id}) }",
            [row["stage"], row["item"], row["id"]],
        )
        page.wait_for_function("id => document.querySelector('#lineage-title')?.textContent === id", arg=row["id"])
        seen += page.inner_text("#lineage-body")
    assert (
        page.evaluate("document.querySelectorAll('script, style, iframe, img, svg[onload], [onclick]').length")
        == elements
    )
    assert page.evaluate("[...document.links].every((link) => link.protocol === location.protocol)")
    for text in small.HOSTILE:
        if "\x00" not in text and "\u2028" not in text:
            assert " ".join(text.split()) in " ".join(seen.split()), text
    assert "␀␇␛[31m" in seen and "window.hacked = 1" in seen


def test_a_click_opens_the_lineage_of_a_row_and_closing_goes_back_to_it(opened: Opened) -> None:
    page = opened.page
    page.select_option("#stage", "dataset")
    page.select_option("#language", "zh")
    link = page.locator(LINKS, has_text="seed-").first
    name = link.inner_text()
    link.click()
    titles = page.locator("#lineage .way > li > h3").all_inner_texts()
    assert titles == [
        "Passage",
        "Question",
        "English answer",
        "Grades",
        "Candidates in Simplified Chinese",
        "Training example",
        "Model calls",
    ]
    assert page.locator("#lineage .candidates > li.chosen b").all_inner_texts() == ["2 chosen"]
    assert "translations v1 · models/<b>teacher</b>@sha256:a1a1a1a1a1a1…" in page.inner_text("#lineage")
    assert page.inner_text("#lineage .command code") == f"xlforge trace {name}"
    opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#copy")
    page.wait_for_selector("#copy:text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()") == f"xlforge trace {name}"
    page.click("#shut")
    page.wait_for_selector("#lineage", state="hidden")
    assert page.evaluate("document.activeElement.textContent") == name


def test_a_command_is_quoted_for_the_shell(opened: Opened) -> None:
    import shlex

    page = opened.page
    page.fill("#search", "odd")
    page.select_option("#stage", "dataset")
    page.locator(LINKS).first.click()
    row = page.inner_text("#lineage-title")
    assert "onerror" in row
    assert shlex.split(page.text_content("#lineage .command code")) == ["xlforge", "trace", row]


def test_filters_by_stage_language_reason_score_and_words(opened: Opened) -> None:
    page = opened.page
    config = opened.count()
    assert not page.is_visible("#unscripted")
    page.select_option("#stage", "scores")
    assert opened.count() == 4
    page.select_option("#reason", "below_threshold")
    assert opened.count() == 4
    page.select_option("#language", "de")
    assert opened.count() == 0
    page.click("text=Clear")
    page.wait_for_function("n => document.querySelector('#count').textContent.startsWith(n + ' of')", arg=str(config))
    page.fill("#search", "NEAR seed-00011")
    assert set(opened.ids()) == {f"seed-00011-0000000b/{code}" for code in ("en", *small.TEXTS)}
    page.fill("#search", "")
    page.fill("#grade", "4")
    graded = page.locator("#list .head").all_inner_texts()
    assert graded and all("grade 4.00" in head for head in graded)
    page.fill("#grade", "")
    page.fill("#quality", "0.85")
    assert opened.count() == 0
    page.fill("#quality", "0.9")
    assert opened.count() > 50
    page.click("#after")
    assert "page 2 of" in page.inner_text("#place")


def test_a_reason_in_the_funnel_leads_to_its_rows(opened: Opened) -> None:
    page = opened.page
    page.click("#flow a:text-is('not_english')")
    assert page.input_value("#reason") == "not_english" and page.input_value("#stage") == "seeds"
    assert opened.count() == 14
    page.locator(LINKS, has_text="bad-0").first.click()
    assert "Rejected in seeds: not_english" in page.inner_text("#lineage")
    assert small.HEBREW in page.inner_text("#lineage")


def test_scripts_are_set_in_their_direction_and_language(opened: Opened) -> None:
    page = opened.page
    page.select_option("#stage", "seeds")
    words = page.locator("#list .words", has_text=small.HEBREW).first
    assert words.evaluate("(element) => [getComputedStyle(element).direction, element.dir]") == ["rtl", "auto"]
    page.select_option("#stage", "dataset")
    for code, tag, font in (("zh", "zh-Hans", "CJK SC"), ("hi", "hi", "Devanagari"), ("de", "de", "Noto Sans")):
        page.select_option("#language", code)
        answer = page.locator("#list li .words:not(.question)").first
        lang, family, direction = answer.evaluate(
            "(element) => [element.lang, getComputedStyle(element).fontFamily, getComputedStyle(element).direction]"
        )
        assert (lang, direction) == (tag, "ltr") and font in family


def test_everything_can_be_done_with_the_keyboard_and_focus_is_seen(opened: Opened) -> None:
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.focus(f"{LINKS} >> nth=2")
    page.keyboard.press("Enter")
    page.wait_for_selector("#lineage", state="visible")
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('#lineage')"
        )
        assert inside, "focus left the open panel"
    page.keyboard.press("Escape")
    page.wait_for_selector("#lineage", state="hidden")
    assert page.evaluate("document.activeElement.matches('#list a')")
    page.focus(".wide")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"


def test_a_row_that_the_page_does_not_hold_has_a_command_that_shows_it(chromium: Any, page: Path) -> None:
    window = Opened(chromium, page)
    window.page.evaluate("location.hash = 'row?id=unknown-id/de'")
    window.page.wait_for_selector("#lineage[open]")
    assert "xlforge trace unknown-id/de" in window.page.inner_text("#lineage")
    assert "does not hold the row" in window.page.inner_text("#lineage")
    window.context.close()


def test_without_scripts_the_figures_are_all_there(chromium: Any, page: Path) -> None:
    window = Opened(chromium, page, java_script_enabled=False)
    assert window.page.is_visible("#unscripted")
    assert not window.page.is_visible("#filters")
    for title in ("From seeds to evaluation", "Win rates against reference", "Versions"):
        assert window.page.is_visible(f"h2:text('{title}')")
    window.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_page_is_accessible_and_fits_its_window(
    chromium: Any, page: Path, scheme: str, size: dict[str, int]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    window = Opened(chromium, page, size, color_scheme=scheme)
    shown = window.page
    background = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(21, 24, 27)") == (scheme == "dark")
    shown.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
    for place in ("page", "lineage"):
        if place == "lineage":
            shown.evaluate("document.querySelector('#list a').click()")
            shown.wait_for_selector("#lineage[open]")
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        assert shown.evaluate("document.querySelector('#lineage').scrollWidth <= innerWidth")
        found = axe.Axe().run(shown, options=rules).response["violations"]
        violations = [
            f"{one['id']}: {one['help']}: {node['html'][:120]} {node['failureSummary'][:200]}"
            for one in found
            for node in one["nodes"][:3]
        ]
        assert not violations, f"{place}\n" + "\n".join(violations)
    window.context.close()
