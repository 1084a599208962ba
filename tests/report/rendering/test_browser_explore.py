"""The elimination to explore: a reader moves threshold and candidates, and sees what the library computed."""

import nbformat
import pytest

from keepsafe.telling import EXPLORED
from tests.browsing import contrast_faults, structure_faults, width_faults
from tests.report.rendering.pages import page as made
from tests.report.rendering.pages import shows


@pytest.fixture(scope="module")
def found(compendium) -> dict:
    """What chapter 03 recorded."""
    book = nbformat.read(compendium / "notebooks" / "03_risk_factors.ipynb", 4)
    outputs = [output.get("data", {}) for cell in book.cells for output in cell.get("outputs", [])]
    return next(data[EXPLORED] for data in outputs if EXPLORED in data)


@pytest.fixture
def explore(look, report):
    def opened(*args, **settings):
        return look(report, *args, whole=False, place="#table-explored", **settings)

    return opened


def rows(page) -> list[list[str]]:
    told = "all => all.map(row => [...row.cells].map(cell => cell.textContent))"
    return page.locator(".explore tbody tr").evaluate_all(told)


def expected(found: dict, chosen: int, place: int) -> list[list[str]]:
    shown = []
    for row in found["lists"][chosen]["rows"]:
        if row["kept"][place]:
            state = f"stays: {row['ratio'][place]}"
        else:
            state = f"left, step {row['step']}, p {row['p'] if row['p'].startswith('<') else '= ' + row['p']}"
        shown.append([row["name"], state, f"{row['share'][place]}%"])
    return shown


def test_moving_the_threshold_by_keyboard_changes_path_and_set_to_what_was_computed(explore, found):
    page = explore()
    slider = page.get_by_role("slider", name="Threshold of removal")
    slider.focus()
    page.keyboard.press("Home")
    for place, threshold in enumerate(found["thresholds"]):
        assert slider.get_attribute("aria-valuetext") == f"p at most {threshold}"
        assert rows(page) == expected(found, 0, place)
        said = page.locator(".explore [role=status]").inner_text()
        stays = sum(row["kept"][place] for row in found["lists"][0]["rows"])
        assert said.startswith(f"{stays} of {len(found['lists'][0]['rows'])} candidates stay.")
        assert f"in {found['lists'][0]['same'][place]}% of" in said
        page.keyboard.press("ArrowRight")
    assert rows(page) != expected(found, 0, 0)


def test_another_list_of_candidates_shows_its_own_elimination(explore, found):
    page = explore()
    options = page.locator(".explore option").all_inner_texts()
    assert options == [f"{part['name']} ({len(part['rows'])})" for part in found["lists"]]
    usual = found["thresholds"].index("0.10")
    for chosen in range(len(found["lists"])):
        page.get_by_label("Candidates", exact=True).select_option(str(chosen))
        assert rows(page) == expected(found, chosen, usual)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_the_controls_fit_and_axe_finds_nothing(explore, theme, width):
    page = explore(width, theme)
    others = "main > :not(.shown), .contents > :not(.home)"
    page.evaluate("others => document.querySelectorAll(others).forEach(each => each.remove())", others)
    assert width_faults(page) == []
    box = page.locator(".explore").bounding_box()
    table = page.locator(".explore table").bounding_box()
    assert table["x"] + table["width"] <= box["x"] + box["width"] + 1
    assert structure_faults(page) == []
    assert contrast_faults(page) == []


def test_every_number_that_synthetic_files_made_up_is_grey_and_said_to_be(explore):
    page = explore()
    grey = page.locator(".explore .invented").evaluate_all(
        "all => all.every(each => !each.textContent || getComputedStyle(each).fontStyle === 'italic')"
    )
    assert grey and "Synthetic data" in page.locator(".explore .note").inner_text()
    bare = page.locator(".explore tbody td").evaluate_all(
        """all => all.filter(cell => { const copy = cell.cloneNode(true);
            copy.querySelectorAll('.invented').forEach(each => each.remove());
            return /[0-9]/.test(copy.textContent.replace(/step [0-9]+/, '')); }).length"""
    )
    assert bare == 0


def test_on_paper_and_without_a_script_the_table_stands_alone(explore):
    page = explore()
    page.emulate_media(media="print")
    assert not page.locator(".explore").is_visible() and page.locator("#table-explored").is_visible()
    bare = explore(java_script_enabled=False)
    assert bare.locator(".explore").count() == 0 and bare.locator("#table-explored").is_visible()


def test_what_a_file_says_cannot_end_the_element_that_holds_it():
    facts = {"thresholds": ["0.10"], "resamples": 2, "invented": False,
             "lists": [{"name": "</script><b>", "separated": 0, "same": ["0"], "rows": []}]}  # fmt: skip
    told = {"text/plain": "x", "text/html": "<table><caption>x</caption></table>", EXPLORED: facts,
            "application/vnd.keepsafe.table+json": {"name": "x", "caption": "x", "note": ""}}  # fmt: skip
    assert "</script><b>" not in made(c03_x=[shows(told)])
