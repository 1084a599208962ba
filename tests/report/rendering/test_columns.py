"""Columns get the room that their words need, and more where it makes the table shorter."""

import pytest
from lxml.html import fragment_fromstring

from keepsafe.report.rendering.tables import BREAK, GAP, cells, fit_columns, fit_page


def table(*rows: str, head: str = ""):
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return fragment_fromstring(f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")


LONG = "<td>words " + "and words " * 30 + "</td>"


def test_no_column_is_narrower_than_its_longest_word():
    drawn = table(f"<td>Extraordinarily</td>{LONG}<td>1</td>")
    words = [cell.word for cell in cells(drawn)]
    fit = fit_columns(drawn, 54)
    assert all(width >= word + GAP - 1e-9 for width, word in zip(fit.widths, words, strict=True))


def test_the_measure_is_used_where_it_is_needed_and_left_where_it_is_not():
    assert sum(fit_columns(table(f"<td>a</td>{LONG}"), 54).widths) == pytest.approx(54)
    assert sum(fit_columns(table("<td>a</td><td>b</td>"), 54).widths) < 10


def test_room_goes_to_the_column_with_most_text():
    short, long = fit_columns(table(f"<td>a few words here</td>{LONG}"), 54).widths
    assert long > 3 * short


def test_a_heading_over_columns_has_room_and_moves_none():
    head = '<tr><th rowspan="2">Figure</th><th colspan="2">Extraordinarily</th></tr><tr><th>a</th><th>b</th></tr>'
    drawn = table("<td>x</td><td>1</td><td>2</td>", head=head)
    assert [(cell.column, cell.span) for cell in cells(drawn)][:4] == [(0, 1), (1, 2), (1, 1), (2, 1)]
    fit = fit_columns(drawn, 54)
    assert fit.widths[1] + fit.widths[2] >= max(cell.word for cell in cells(drawn)) + GAP


def test_a_table_that_fits_nowhere_says_how_much_it_needs():
    drawn = table("<td>" + "</td><td>".join(["unbreakable"] * 40) + "</td>")
    name, fit = fit_page(drawn, {"upright": 54.0, "broad": 90.0})
    assert name == "broad"
    assert fit.needed > 90


def test_the_first_measure_that_is_wide_enough_is_taken():
    drawn = table("<td>" + "</td><td>".join(["unbreakable"] * 10) + "</td>")
    assert fit_page(drawn, {"upright": 54.0, "broad": 90.0})[0] == "broad"
    assert fit_page(drawn, {"upright": 80.0, "broad": 90.0})[0] == "upright"


def test_numbers_break_before_their_brackets_only():
    assert BREAK.sub("_", "9.8 (9.1 to 10.5) [printed: 9.9]") == "9.8 (9.1_to_10.5) [printed:_9.9]"


def test_a_number_of_several_parts_stays_whole():
    drawn = table('<td class="number"><span>0.95</span> (<span>0.76</span> to <span>0.99</span>)</td>')
    fit_page(drawn, {"upright": 54.0})
    assert drawn.find(".//td").text_content() == "0.95 (0.76\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}0.99)"


def test_an_empty_table_takes_no_room():
    assert fit_columns(fragment_fromstring("<table></table>"), 54).widths == []
