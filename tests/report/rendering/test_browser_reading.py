"""What a reader does with the page: finding a place, opening code, tracing a number, narrowing the scorecard."""

import pytest

NUMBER = ".finding .value.calibrated"


def top(page, selector: str) -> float:
    return page.locator(selector).first.evaluate("each => each.getBoundingClientRect().top")


def focused(page, selector: str) -> bool:
    return page.evaluate("selector => document.activeElement.matches(selector)", selector)


# Contents


def test_the_contents_lead_to_a_chapter_and_mark_the_readers_place(look, report):
    page = look(report)
    current = page.locator(".contents nav a[aria-current]")
    assert current.inner_text() == "Front page"
    page.locator(".contents nav > ol > li > a[href='#04-interventions']").click()
    page.wait_for_function("document.querySelector('.contents [aria-current]').hash === '#04-interventions'")
    assert page.locator(".contents nav ol ol >> visible=true").count() == 1  # this chapter's sections, no other's
    heading = page.locator("[id='04-interventions'] h3").nth(2)
    heading.scroll_into_view_if_needed()
    page.evaluate("each => each.scrollIntoView()", heading.element_handle())
    page.wait_for_function("text => document.querySelector('.contents [aria-current]').textContent === text",
                           arg=heading.inner_text())  # fmt: skip


def test_on_a_phone_the_menu_unfolds_leads_and_hides_nothing(look, report):
    page = look(report, 375)
    bar, menu = page.locator(".menu"), page.locator("#menu")
    assert not menu.is_visible()
    bar.click()
    assert menu.is_visible() and bar.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert not menu.is_visible() and focused(page, ".menu")
    page.keyboard.press("Enter")
    link = page.locator(".contents nav ol ol a").nth(3)
    address = link.get_attribute("href")[1:]
    link.click()
    assert not menu.is_visible()
    assert top(page, f"[id='{address}']") >= bar.bounding_box()["height"]
    assert "Front" not in page.locator(".here").inner_text()


# Search


def test_search_finds_sections_captions_text_and_names_of_values(look, report):
    page = look(report)
    page.locator("#search").fill("abuse")
    sorts = page.locator(".hits .sort").all_inner_texts()
    assert {"Sections", "In the text of"} <= {sort.split(":")[0] for sort in sorts}
    assert any("Tables and figures" in sort for sort in sorts) and any("Numbers" in sort for sort in sorts)
    assert "places found" in page.locator(".search .found").inner_text()
    assert page.locator(".search .found").get_attribute("role") == "status"
    page.keyboard.press("Escape")
    assert page.locator("#search").input_value() == ""
    assert page.locator(".contents nav").is_visible() and not page.locator(".hits").is_visible()


def test_a_hit_is_a_link_that_the_keyboard_follows(look, report):
    page = look(report)
    page.locator("#search").focus()
    page.keyboard.type("scorecard")
    page.keyboard.press("Tab")
    assert focused(page, ".hits a")
    address = page.evaluate("document.activeElement.hash.slice(1)")
    page.keyboard.press("Enter")
    assert -5 <= top(page, f"[id='{address}']") < 200


def test_a_hit_on_the_name_of_a_value_goes_to_the_number_and_opens_its_card(look, report):
    page = look(report)
    name = page.locator(NUMBER).nth(5).get_attribute("data-id")
    page.locator("#search").fill(name)
    page.locator(".hits a", has_text=name).last.click()
    assert focused(page, f".value[data-id='{name}']")
    assert page.locator(".card code").inner_text() == name


def test_what_surrounds_a_hit_is_the_section_s_own_text_and_no_button_s(look, report):
    page = look(report)
    page.locator("#search").fill("sources")
    around = page.locator(".hits a span").all_inner_texts()
    assert around and not any("+ Code and sources" in text or "Trace the numbers" in text for text in around)
    page.locator("#search").fill("going missing")
    heading = page.locator(".hits .sort", has_text="In the text of").locator("+ ul a")
    for hit in heading.all():
        part = page.locator(f"[id='{hit.get_attribute('href')[1:]}']")
        told = " ".join(part.evaluate("each => (each.closest('.part, article') ?? each).innerText").split())
        around = hit.locator("span").inner_text().strip(" …").split()
        assert all(word in told for word in around[:3])  # paragraphs may end between them


def test_what_is_nowhere_is_said_to_be_found_nowhere(look, report):
    page = look(report)
    page.locator("#search").fill("zzyzx")
    assert page.locator(".search .found").inner_text() == "Nothing found"


# Code


def test_code_is_folded_and_opens_one_by_one_and_all_at_once(look, report):
    page = look(report)
    opened = page.locator("details.code[open]")
    assert opened.count() == 0
    page.locator(".code-and-sources").nth(1).click()
    page.locator("details.code summary >> visible=true").first.press("Enter")
    assert opened.count() == 1 and opened.locator("pre").is_visible()
    page.locator("[data-tool=code]").click()
    assert opened.count() == page.locator("details.code").count()
    page.locator("[data-tool=code]").click()
    assert opened.count() == 0


# Light and dark


def test_the_page_turns_dark_and_light_and_remembers_it_nowhere(look, report):
    page = look(report)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("[data-tool=light]").click()
    dark = page.evaluate(ground)
    assert dark != light and page.locator("[data-tool=light]").get_attribute("aria-pressed") == "true"
    assert page.context.storage_state() == {"cookies": [], "origins": []}
    page.reload()
    assert page.evaluate(ground) == light
    assert look(report, theme="dark").evaluate(ground) == dark


# Numbers


def test_a_pointer_on_a_number_shows_its_card_which_stays_and_can_be_dismissed(look, report):
    page = look(report)
    number, card = page.locator(NUMBER).nth(8), page.locator(".card")
    name = number.get_attribute("data-id")
    number.hover()
    card.wait_for()
    told = card.inner_text()
    assert told.startswith("Printed in 2019: ") and card.locator("> *").last.inner_text().startswith(name)
    assert name in told and "cell" in told and "Printed in 2019" in told and "calibrated" in told
    assert "target when the synthetic files were made" in told
    card.hover()
    page.wait_for_timeout(400)
    assert card.is_visible()  # it can be pointed at, and stays
    page.keyboard.press("Escape")
    assert card.count() == 0  # and goes without moving the pointer
    number.hover(position={"x": 2, "y": 5})
    card.wait_for()
    page.mouse.move(5, 5)
    card.wait_for(state="detached")


def test_a_tap_shows_the_card_within_the_window_and_a_tap_elsewhere_closes_it(look, report):
    page = look(report, 375, has_touch=True)
    number, card = page.locator(NUMBER).nth(8), page.locator(".card")
    number.tap()
    box = card.bounding_box()
    assert 0 <= box["x"] and box["x"] + box["width"] <= 375
    assert number.get_attribute("data-id") in card.inner_text()
    page.locator("h1").tap()
    assert card.count() == 0


def test_the_keyboard_traces_the_numbers_of_a_result_and_their_cells(look, report):
    page = look(report)
    result = page.locator(".result:has(.finding .value ~ .value)").first
    numbers = result.locator(".value")
    result.evaluate("each => each.closest('.part').querySelector('.code-and-sources').click()")
    result.locator(".trace").press("Enter")
    assert page.locator(".card code").inner_text() == numbers.nth(0).get_attribute("data-id")
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "card"
    page.keyboard.press("ArrowRight")
    assert page.locator(".card code").inner_text() == numbers.nth(1).get_attribute("data-id")
    page.keyboard.press("Escape")
    assert page.locator(".card").count() == 0 and focused(page, ".trace")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page, ".card a")
    address = page.evaluate("document.activeElement.hash.slice(1)")
    page.keyboard.press("Enter")
    assert page.locator(f"[id='{address}'] details.code").first.get_attribute("open") is not None


def test_arrows_go_along_and_across_the_rows_of_a_table(look, report):
    page = look(report)
    table = page.locator(".result:has(#table-table-1)")
    table.evaluate("each => each.closest('.part').querySelector('.code-and-sources').click()")
    table.locator(".trace").press("Enter")
    place = "(({ parentElement: cell }) => [cell.parentElement.rowIndex, cell.cellIndex])(document.activeElement)"
    row, column = page.evaluate(place)
    page.keyboard.press("ArrowDown")
    assert page.evaluate(place) == [row + 1, column]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(place) == [row + 1, column + 1]
    page.keyboard.press("ArrowUp")
    assert page.evaluate(place) == [row, column + 1]


def test_a_finding_on_the_front_page_shows_a_figure_and_leads_to_it(look, report):
    page = look(report)
    findings = page.locator(".findings > li")
    assert findings.count() == 5
    assert findings.locator("figure").count() == 4  # what was checked has none
    for finding in findings.all()[:4]:
        link = finding.locator("figcaption a")
        shown = page.locator(f"figure{link.get_attribute('href')}")
        assert shown.locator("figcaption b").inner_text() == f"{link.inner_text()}."
        words = [each.locator("img, svg").first.evaluate("i => i.alt ?? i.ariaLabel") for each in (finding, shown)]
        assert words[0] and words[0] == words[1]
        assert finding.locator(".value").count() > 0


# Tables


def test_only_what_scrolls_takes_the_focus(look, report):
    page = look(report)
    wrong = page.evaluate("""() => [...document.querySelectorAll('.table')].filter((each) =>
        (each.scrollWidth > each.clientWidth + 1 ||
          (each.scrollHeight > each.clientHeight + 1 && getComputedStyle(each).overflowY !== 'visible'))
        !== (each.getAttribute('tabindex') === '0')).map((each) => each.id)""")
    assert wrong == []


@pytest.mark.parametrize("width", [375, 1280])
def test_no_table_is_cut_downwards_without_a_cue(look, report, width):
    cut = look(report, width).evaluate("""() => [...document.querySelectorAll('.table')].filter((each) =>
        each.clientHeight && each.scrollHeight > each.clientHeight + 1 && getComputedStyle(each).overflowY !== 'visible'
        && !getComputedStyle(each.querySelector('caption'), '::after').content.includes('down'))
        .map((each) => each.id)""")
    assert cut == []


def test_on_a_phone_a_table_of_words_is_read_row_by_row_each_cell_under_its_heading(look, report):
    page = look(report, 375)
    words = page.locator(".table.stack")
    assert words.count() > 10
    assert (
        words.evaluate_all("all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.id)")
        == []
    )
    cell = page.locator("#table-recommendations tbody td").first
    head = page.locator("#table-recommendations thead th").nth(1).text_content()
    assert cell.evaluate("each => getComputedStyle(each, '::before').content").strip('"').strip() == head
    left = cell.evaluate("each => each.getBoundingClientRect().left - each.closest('tr').getBoundingClientRect().left")
    assert abs(left) < 1


def test_the_head_of_the_scorecard_stays_in_sight(look, report):
    page = look(report)
    region = page.locator("#table-scorecard")
    region.scroll_into_view_if_needed()
    region.evaluate("each => { each.scrollTop = 3000; }")
    assert abs(top(page, "#table-scorecard thead") - top(page, "#table-scorecard")) < 2


# Scorecard


@pytest.fixture
def scorecard(look, report):
    page = look(report)
    page.locator("details.fold:has(#table-scorecard) > summary").click()
    page.locator(".filter").scroll_into_view_if_needed()
    return page


def rows(page) -> int:
    return page.locator("#table-scorecard tbody tr:not(.group) >> visible=true").count()


def test_the_scorecard_is_narrowed_by_section_kind_answer_and_words_and_counts_what_is_left(scorecard):
    page, narrow, counted = scorecard, scorecard.locator(".filter"), scorecard.locator(".filter [role=status]")
    everything = rows(page)
    assert everything > 400 and counted.inner_text() == f"All {everything} rows"
    left = [everything]
    narrow.get_by_label("Table or section").select_option("Table 3")
    left.append(rows(page))
    narrow.get_by_label("Kind of agreement").select_option("calibrated")
    left.append(rows(page))
    narrow.get_by_label("Words").fill("neglect")
    left.append(rows(page))
    assert left == sorted(set(left), reverse=True) and left[-1] > 0
    assert counted.inner_text() == f"{left[-1]} of {everything} rows"
    assert page.locator("#table-scorecard tr.group >> visible=true").all_inner_texts() == ["Table 3"]
    narrow.get_by_label("Agrees").select_option("no")
    assert rows(page) == 0
    narrow.get_by_role("button", name="Show all").click()
    page.wait_for_function("document.querySelector('.filter [role=status]').textContent.startsWith('All')")
    assert rows(page) == everything


def test_print_shows_every_row_of_a_narrowed_scorecard_and_no_tool(scorecard):
    page, everything = scorecard, rows(scorecard)
    page.locator(".filter").get_by_label("Words").fill("neglect")
    page.emulate_media(media="print")
    assert rows(page) == everything
    assert page.locator("#table-scorecard tr.group >> visible=true").count() > 5
    assert page.locator(".tool >> visible=true").count() == 0
