"""The register of values: what it does not declare counts persons, and each of its rows stands for something."""

import pandas as pd
import pytest

from keepsafe import paths
from keepsafe.problems import InputError
from keepsafe.reading import read_own
from keepsafe.telling.values import COLUMNS, Kind, declared, made_up, unused


def test_an_undeclared_name_counts_persons_and_is_not_comparable(kinds):
    kinds("other.*,derived,checks,,\n")
    found = declared("some.thing")
    assert (found.counts, found.kind, found.safe) == ("persons", Kind.NOT_COMPARABLE, False)


def test_what_a_row_does_not_say_is_persons(kinds):
    kinds("a,derived,,,\n")
    assert declared("a").counts == "persons" and not declared("a").safe


def test_a_name_of_its_own_comes_before_a_pattern_and_the_first_pattern_before_the_next(kinds):
    kinds("a.*,derived,checks,,\na.b.*,calibrated,protected,,\na.b,not comparable,words,,\n")
    assert [declared(name).counts for name in ("a.b", "a.b.c", "a.x")] == ["words", "checks", "checks"]


def test_a_pattern_fits_a_whole_name(kinds):
    kinds("a.*,derived,checks,,\n")
    assert [declared(name).counts for name in ("a.b", "xa.b", "a")] == ["checks", "persons", "persons"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,calibratd,persons,,\n", "line 2, column kind: 'calibratd' is not a kind of agreement; one of: calibrated;"),
        ("a,derived,,,\nTwo words,derived,persons,,\n", "line 3, column name: 'Two words' can name no value"),
    ],
)
def test_a_row_that_cannot_be_is_named_with_its_line_and_its_remedy(kinds, row, said):
    kinds(row)
    with pytest.raises(InputError) as caught:
        declared("a")
    assert said in str(caught.value)


def test_a_column_too_few_is_named(kinds, tmp_path):
    kinds("other,derived,,,\n")
    (tmp_path / "kinds.csv").write_text("name,kind\na,derived\n")
    with pytest.raises(InputError, match="counts"):
        declared("a")


def test_a_row_that_matches_nothing_is_named_with_its_line_and_its_remedy(kinds):
    kinds("a,derived,,,\nb.*,derived,,,\nb.c,derived,,,\ngone.*,derived,,,\n")
    [problem] = unused(["a", "b.c", "b.d", "undeclared"])
    assert str(problem) == (
        "data/kinds.csv, line 5, column name: no value, table or figure is called 'gone.*'; "
        "correct the name, or delete the row"
    )


def test_a_row_that_another_row_hides_matches_nothing(kinds):
    kinds("a.*,derived,,,\na.b.*,calibrated,,,\n")
    assert [problem.line for problem in unused(["a.b.c"])] == [3]


@pytest.mark.parametrize(
    ("name", "kind", "invented"),
    [
        ("a", Kind.NOT_COMPARABLE, False),
        ("b", Kind.CALIBRATED, False),
        ("b", Kind.DIRECTION, True),
        ("c", None, True),
        ("d", None, True),
    ],
)
def test_whether_something_rests_made_up_fails_closed(kinds, name, kind, invented):
    kinds("a,,settings,,\nd,,simulated cohorts,,\n")
    assert made_up(name, kind) is invented


def test_every_counterpart_of_the_register_was_published(study):
    table = read_own(paths.data("kinds.csv"), COLUMNS)
    published = table.frame.query("published != ''")
    known = {*study.figures["id"], *("claim.L" + study.claims["source_line"].astype(str))}
    assert len(published) and set(published["published"]) <= known
    claims = published[published["published"].str.startswith("claim.")]
    assert len(claims) and claims["printed"].ne("").all()  # only of a figure are the words known


def test_the_register_never_frees_what_has_a_counterpart_in_persons(study):
    """Whole numbers of the last report whose counterpart counts persons, and what the register says of them."""
    values = pd.read_csv(paths.root() / "reports" / "values.csv", dtype=str, keep_default_na=False)
    counts = set(study.figures.query("statistic == 'count' and unit == 'persons'")["id"])
    told = values[values["figure"].isin(counts) & ~values["id"].str.startswith(("l", "table_"))]
    assert len(told) and [name for name in told["id"] if declared(name).safe] == []
