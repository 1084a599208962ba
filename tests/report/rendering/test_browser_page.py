"""The report in a real browser: nothing wrong to axe, out of reach, from elsewhere or too wide."""

import re

import pytest

from tests.browsing import (
    contrast_faults,
    keyboard_faults,
    link_faults,
    picture_faults,
    strangers,
    structure_faults,
    width_faults,
)

WIDTHS = (375, 1280)
# Rows of a long table are alike: some are enough on the second look.
FEWER_ROWS = "document.querySelectorAll('tbody tr:nth-child(n+5)').forEach((row) => row.remove())"
UNFOLD = """document.querySelector("[data-tool=code]").click();
    document.querySelectorAll("details").forEach((each) => { each.open = true; })"""


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_with_all_code_open(look, report, width):
    page = look(report, width)
    page.evaluate(UNFOLD)
    assert picture_faults(page) == []
    if width == min(WIDTHS):
        page.evaluate(FEWER_ROWS)
    assert structure_faults(page) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground_with_all_code_open(look, report, width, theme):
    page = look(report, width, theme)
    page.evaluate(UNFOLD)
    assert contrast_faults(page) == []


@pytest.fixture
def chapter(look, report):
    """A function that opens one chapter with its surroundings: enough for what the script adds."""

    def open_chapter(theme: str):
        page = look(report, 375, theme)
        page.evaluate(
            "document.querySelectorAll('main > article:not(:nth-of-type(3))').forEach((each) => each.remove())"
        )
        return page

    return open_chapter


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_card_is_as_sound_as_the_page(chapter, theme):
    page = chapter(theme)
    page.locator(".result .value").first.click()
    assert page.locator(".card").is_visible()
    assert structure_faults(page) == [] and contrast_faults(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_menu_and_hits_are_as_sound_as_the_page(chapter, theme):
    page = chapter(theme)
    page.locator(".menu").click()
    page.locator("#search").fill("recorded")
    assert page.locator(".hits a").count() > 3
    assert structure_faults(page) == [] and contrast_faults(page) == []


def test_the_keyboard_reaches_everything_that_a_mouse_can_use(look, report):
    assert keyboard_faults(look(report)) == []


def test_the_page_asks_for_nothing_beyond_itself(browser, report):
    page = browser.new_page()
    asked = strangers(page, report.as_uri())
    page.close()
    assert asked == []


def test_no_link_ends_nowhere_also_among_those_that_the_script_makes(look, report):
    page = look(report)
    assert link_faults(page) == []
    ends = page.evaluate("""() => {
        const { chapters, values } = JSON.parse(document.getElementById("traces").textContent);
        const cells = Object.values(values).map(([, notebook, cell]) => `${chapters[notebook]}--cell-${cell}`);
        return [cells.length, cells.filter((id) => !document.getElementById(id))];
    }""")
    assert ends[0] > 1000 and ends[1] == []


def test_the_page_is_set_in_the_typefaces_that_it_carries(look, report):
    page = look(report)
    page.evaluate("() => document.fonts.ready")
    loaded = page.evaluate("() => [...document.fonts].map(({ family, status }) => [family, status])")
    assert {family.strip("'\"") for family, _ in loaded} == {"Source Serif Pro", "Source Sans Pro"}
    assert [status for _, status in loaded if status not in ("loaded", "unloaded")] == []
    assert page.evaluate("document.fonts.check('16px \"Source Serif Pro\"')")


@pytest.mark.parametrize("width", [320, *WIDTHS])
def test_nothing_is_wider_than_the_window(look, report, width):
    page = look(report, width)
    page.evaluate(UNFOLD)
    assert width_faults(page) == []


def test_the_committed_page_is_lighter_than_three_megabytes(compendium):
    assert (compendium / "reports" / "report.html").stat().st_size < 3_000_000


def test_without_a_script_the_page_is_whole(look, report):
    page = look(report, 375, java_script_enabled=False)
    assert page.locator(".contents nav").is_visible()
    assert page.locator(".tool >> visible=true").count() == 0
    title = page.locator(".result .value").first.get_attribute("title")
    assert re.search(r": from \d\d_\w+, cell [\w-]+", title)
