"""The report a part at a time: what is shown, what an address opens, what is there on paper and without a script."""

import pytest

SHOWN = """[...document.querySelectorAll("main > :is(.front, article)")]
    .filter((each) => each.checkVisibility()).map((each) => each.id)"""


def shown(page) -> list[str]:
    return page.evaluate(SHOWN)


def until(page, holds) -> None:
    """Wait until something holds of a page; asked from outside, for the page lets no string be run."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    assert holds()


@pytest.fixture
def book(look, report):
    """A function that opens the report as a reader does, at an address."""
    return lambda place="", **settings: look(report, whole=False, place=place, **settings)


def test_the_front_page_comes_first_and_alone(book):
    assert shown(book()) == ["front"]


def test_next_and_previous_lead_through_every_part_and_back(book):
    page = book()
    seen = [*shown(page)]
    while page.locator(".turn .next >> visible=true").count():
        page.locator(".turn .next >> visible=true").click()
        until(page, lambda last=seen[-1]: shown(page)[0] != last)
        seen += shown(page)
    everything = page.evaluate("[...document.querySelectorAll('main > :is(.front, article)')].map((each) => each.id)")
    assert seen == [each for each in everything if each not in ("exhibits", "colophon")]
    page.go_back()
    until(page, lambda: shown(page)[0] == seen[-2])


@pytest.mark.parametrize("place", ["#table-table-1", "#glossary-odds-ratio", "#04-interventions", "#table-scorecard"])
def test_an_address_opens_its_part_and_is_in_sight(book, place):
    page = book(place)
    part = page.evaluate(f"document.getElementById('{place[1:]}').closest('main > *').id")
    assert shown(page) == [part]
    there = page.locator(f"[id='{place[1:]}']")
    until(page, lambda: -5 <= there.bounding_box()["y"] < 400)
    assert there.bounding_box()["height"] > 0


def test_a_place_is_in_sight_though_the_browser_tells_late_how_large_things_are(book):
    """On a busy machine a ResizeObserver speaks after the page has turned: what hangs on it must not move the place."""
    page = book("#glossary-odds-ratio", before="window.ResizeObserver = class { observe() {} }")
    assert -5 <= page.locator("#glossary-odds-ratio").bounding_box()["y"] < 400
    tables = "[...document.querySelectorAll('article.shown .table')].map((each) => each.classList.contains('fits'))"
    assert any(page.evaluate(tables))


def test_an_address_that_is_not_there_opens_the_front_page(book):
    assert shown(book("#no-such-place")) == ["front"]


def test_a_hit_of_the_search_opens_its_part(book):
    page = book()
    page.locator("#search").fill("went missing")
    page.locator(".hits a").first.click()
    until(page, lambda: shown(page)[0] != "front")
    assert len(shown(page)) == 1


def test_a_number_found_by_its_name_opens_its_part_and_its_card(book):
    page = book()
    name = page.locator("article .finding .value").nth(5).get_attribute("data-id")
    page.locator("#search").fill(name)
    page.locator(".hits a", has_text=name).last.click()
    assert shown(page) != ["front"]
    assert page.locator(".card code").inner_text() == name


def test_the_contents_are_grouped_by_what_a_reader_asks(book):
    names = book().locator(".contents nav .group").all_inner_texts()
    assert names == ["What was found", "Can the printed figures be true?", "From files to persons", "Reference"]


def test_the_whole_report_is_there_on_demand_on_paper_and_without_a_script(book):
    page = book()
    everything = page.locator("main > :is(.front, article)").count()
    page.locator("[data-tool=whole]").click()
    assert len(shown(page)) == everything > 10
    page.locator("[data-tool=whole]").click()
    assert shown(page) == ["front"]
    page.emulate_media(media="print")
    assert len(shown(page)) == everything
    assert len(shown(book(java_script_enabled=False))) == everything


def test_each_section_has_one_control_for_its_code_and_sources(book):
    page = book("#03-risk-factors")
    sections = page.locator("[id='03-risk-factors'] .part:has(h3):has(.result)")
    assert sections.count() > 5
    controls = sections.locator(".code-and-sources")
    assert controls.count() == sections.count()
    assert page.locator("article :is(details.code, .trace) >> visible=true").count() == 0
    controls.nth(1).press("Enter")
    assert controls.nth(1).get_attribute("aria-expanded") == "true"
    assert sections.nth(1).locator("details.code >> visible=true").count() > 0
    assert sections.nth(2).locator("details.code >> visible=true").count() == 0


def test_a_table_that_scrolls_says_so(look, report):
    page = look(report, 375)
    wide = page.evaluate("""[...document.querySelectorAll(".table")]
        .filter((each) => each.scrollWidth > each.clientWidth + 1)
        .map((each) => getComputedStyle(each.querySelector("caption"), "::after").content)""")
    assert len(wide) > 10 and all("scrolls sideways" in content for content in wide)
