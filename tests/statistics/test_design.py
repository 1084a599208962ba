"""What a logistic regression is made of, and that nothing unusable gets as far as a fit."""

import tracemalloc
from datetime import date

import numpy as np
import pandas as pd
import pytest

from keepsafe import InputError, compare_groups
from keepsafe.statistics.design import make_design
from keepsafe.statistics.diagnostics import diagnostics
from keepsafe.statistics.fit import fit_logistic
from keepsafe.statistics.imputation import fit_imputed
from keepsafe.statistics.penalised import firth
from keepsafe.statistics.selection import backward_elimination, bootstrap_selection


def cases(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "ill": rng.integers(0, 2, n),
            "exposed": rng.integers(0, 2, n),
            "age": rng.integers(12, 18, n),
            "peers": pd.Categorical(rng.choice(["none", "mixed", "good"], n), ["none", "mixed", "good"]),
        }
    )


def with_values(**columns) -> pd.DataFrame:
    return cases().assign(**columns)


TWO_OF_A_NAME = pd.concat([cases(), cases()[["age"]]], axis=1)
BAD = {
    "an outcome with one level": (with_values(ill=0), ["age"], "ill", "needs two values"),
    "an outcome with three levels": (with_values(ill=[0, 1, 2] * 20), ["age"], "ill", "needs two values"),
    "an outcome that is all missing": (with_values(ill=np.nan), ["age"], "ill", "no value is known"),
    "a predictor that is all missing": (with_values(age=np.nan), ["age"], "age", "no value is known"),
    "a predictor that equals the outcome": (with_values(age=cases()["ill"]), ["age"], "age", "equals the outcome"),
    "a predictor that mirrors the outcome": (with_values(age=1 - cases()["ill"]), ["age"], "age", "equals the outcome"),
    "the outcome among its predictors": (cases(), ["ill"], "ill", "the outcome and a predictor"),
    "a name that does not exist": (cases(), ["agee"], "agee", "did you mean age"),
    "a reference for a column that does not exist": (cases(), ["age"], "agee", "no such column"),
    "infinite values": (with_values(age=[np.inf, *range(59)]), ["age"], "age", "infinite"),
    "strings for numbers": (with_values(age=["12", "13"] * 30), ["age"], "age", "numbers as text"),
    "a string among numbers": (with_values(age=["n/a", *map(str, range(59))]), ["age"], "age", "except 'n/a'"),
    "dates": (with_values(age=pd.Timestamp("2006-01-01")), ["age"], "age", "dates"),
    "dates kept as objects": (with_values(age=[date(2006, 1, k % 28 + 1) for k in range(60)]), ["age"], "age", "dates"),
    "a column named as the constant is": (with_values(const=cases()["age"]), ["const"], "const", "rename"),
    "a colon in a name": (cases().rename(columns={"age": "q1: age"}), ["q1: age"], "q1: age", "a colon stands for"),
    "names that are no text": (cases().rename(columns={"age": 2006}), [2006], "2006", "are text"),
    "two columns of a name": (TWO_OF_A_NAME, ["age"], "age", "several columns"),
    "a predictor named twice": (cases(), ["age", "age"], "age", "more than once"),
    "a column that repeats another": (with_values(copy=cases()["age"]), ["age", "copy"], "copy", "same values as age"),
    "a constant column": (with_values(age=14), ["age"], "age", "the same for all"),
    "a category with one level": (with_values(peers="none"), ["peers"], "peers", "one level"),
    "no predictors": (cases(), [], "predictors", "no predictors"),
    "no complete case": (with_values(age=[None, 1] * 30, exposed=[1, None] * 30), ["age", "exposed"], "ill", "no case"),
    "one outcome among complete cases": (
        cases().assign(age=cases()["age"].where(cases()["ill"] == 0)), ["age"], "ill", "one value among"),
    "fewer events than columns": (with_values(ill=[1] + [0] * 59), ["age", "exposed"], "ill", "fewer than the 2"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("call", [fit_logistic, backward_elimination, bootstrap_selection, diagnostics, firth])
def test_bad_data_are_refused_with_the_column_and_a_remedy(what, call):
    data, predictors, column, message = BAD[what]
    reference = {"agee": 1} if "reference" in what else None
    with pytest.raises(InputError, match=message) as error:
        call(data, "ill", predictors, reference=reference)
    assert column in [problem.column for problem in error.value.problems]
    assert all(problem.remedy for problem in error.value.problems)


def test_all_faults_are_named_at_once():
    with pytest.raises(InputError) as error:
        fit_logistic(with_values(age=np.inf, exposed=["1", "2"] * 30, peers=None), "ill", ["age", "exposed", "peers"])
    assert [problem.column for problem in error.value.problems] == ["age", "exposed", "peers"]


def test_a_reference_level_that_does_not_occur_is_refused():
    with pytest.raises(InputError, match="no level 'bad'.*none, mixed, good"):
        fit_logistic(cases(), "ill", ["peers"], reference={"peers": "bad"})


def test_a_reference_without_its_column_is_refused():
    with pytest.raises(InputError, match="column reference: .*none.* names no columns; give each with its level"):
        fit_logistic(cases(), "ill", ["peers"], reference="none")


def test_an_event_that_does_not_occur_is_refused():
    with pytest.raises(InputError, match="event 'yes' does not occur"):
        fit_logistic(cases(), "ill", ["age"], event="yes")


@pytest.mark.parametrize(
    ("arguments", "column"),
    [
        ({"statistic": "aic"}, "statistic"), ({"p_remove": 1.5}, "p_remove"), ({"p_remove": 0}, "p_remove"),
        ({"p_remove": "0.1"}, "p_remove"), ({"p_enter": 0.2}, "p_enter"), ({"confidence": 95}, "confidence"),
        ({"interval": "exact"}, "interval"),
    ],
)  # fmt: skip
def test_choices_out_of_range_are_refused(arguments, column):
    with pytest.raises(InputError) as error:
        backward_elimination(cases(), "ill", ["age", "exposed"], **arguments)
    assert error.value.problems[0].column == column


@pytest.mark.parametrize("dtype", ["Int64", "int64", "float64", "bool", "Float64"])
def test_the_type_of_a_yes_no_column_makes_no_difference(dtype):
    plain = fit_logistic(cases(), "ill", ["exposed", "age"]).coefficients
    typed = cases().astype({"ill": dtype, "exposed": dtype})
    for event in (1, "1", True):
        pd.testing.assert_frame_equal(fit_logistic(typed, "ill", ["exposed", "age"], event=event).coefficients, plain)


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_blank_text_is_unknown_in_a_model_as_it_is_in_a_table(dtype):
    data = cases().astype({"peers": "str"})
    data.loc[:9, "peers"], data["state"] = "", np.where(data["ill"] == 1, "ill", "well")
    data.loc[10:12, "state"] = ""
    found = fit_logistic(data.astype({"peers": dtype, "state": dtype}), "state", ["peers", "age"], event="ill")
    assert found.design.left_out == 13
    known = fit_logistic(cases().iloc[13:], "ill", ["peers", "age"], reference={"peers": "good"})
    odds = found.odds_ratios.reset_index(drop=True), known.odds_ratios.reset_index(drop=True)
    pd.testing.assert_frame_equal(*(each.sort_values("column", ignore_index=True) for each in odds))
    assert fit_imputed(data, "state", ["peers"], n_sets=2, event="ill")["column"].eq("peers=").sum() == 0


def test_codes_are_the_same_whatever_type_unknown_values_have_made_of_them():
    """1 is 1.0 where a blank has made floats of whole numbers, and True where it has made objects of yes and no."""
    data = cases().assign(stage=[1, 2, 3] * 20)
    plain = fit_logistic(data.iloc[3:], "ill", ["exposed", "stage"], reference={"stage": 2}).coefficients
    gaps = data.astype({"ill": float, "exposed": float, "stage": float})
    gaps.loc[:2, ["ill", "exposed", "stage"]] = np.nan
    yes_no = gaps["exposed"].astype("boolean").astype(object).where(gaps["exposed"].notna(), None)
    typed = [{"ill": "category", "stage": "category"}, {"ill": object}]
    for changed in (gaps, *map(gaps.astype, typed), gaps.assign(exposed=yes_no)):
        found = fit_logistic(changed, "ill", ["exposed", "stage"], reference={"stage": 2}).coefficients
        assert found["column"].str.replace(".0", "").tolist() == plain["column"].tolist()
        np.testing.assert_allclose(found["B"], plain["B"])


def test_types_of_other_backends_make_no_difference():
    """Of text that pyarrow keeps, pandas makes numbers: it was refused as numbers kept as text."""
    data = cases().astype({"peers": "str"}).assign(score=np.linspace(0, 1, 60).round(2))
    plain = fit_logistic(data, "ill", ["peers", "exposed", "score"]).coefficients
    for backend in ("pyarrow", "numpy_nullable"):
        other = data.convert_dtypes(dtype_backend=backend)
        gap = fit_logistic(other.assign(score=other["score"] * other["score"] / other["score"]), "ill", ["score"])
        assert gap.design.left_out == 1  # 0 / 0 is unknown
        pd.testing.assert_frame_equal(fit_logistic(other, "ill", ["peers", "exposed", "score"]).coefficients, plain)
        pd.testing.assert_frame_equal(
            compare_groups(other, ["peers", "score"], "ill"), compare_groups(data, ["peers", "score"], "ill")
        )


def test_text_and_categories_become_the_same_contrasts():
    made = make_design(cases(), "ill", ["peers"], reference={"peers": "mixed"})
    assert made.columns == ("const", "peers=none", "peers=good") and made.terms.tolist() == [0, 1, 1]
    text = make_design(cases().astype({"peers": "str"}), "ill", ["peers"], reference={"peers": "mixed"})
    assert set(text.columns) == set(made.columns)


def test_incomplete_cases_are_left_out_and_counted():
    data = cases().assign(age=cases()["age"].astype("Int64").mask(cases().index < 7))
    made = make_design(data, "ill", ["age", "exposed"])
    assert (made.left_out, len(made.y), made.rows[0]) == (7, 53, 7)


def test_unknown_values_can_be_a_level_of_their_own():
    unknown = cases().index < 7
    exposed = cases()["exposed"].astype("Int64").mask(unknown)
    data = cases().assign(exposed=exposed, peers=cases()["peers"].mask(unknown))
    made = make_design(data, "ill", ["exposed"], missing="level")
    assert made.columns == ("const", "exposed", "exposed=unknown") and made.left_out == 0
    np.testing.assert_array_equal(made.X[:, 2], unknown)
    assert (made.X[unknown, 1] == 0).all()
    assert make_design(data, "ill", ["peers"], missing="level").columns[-1] == "peers=unknown"


def test_a_product_of_two_columns_is_one_term():
    made = make_design(cases(), "ill", ["exposed", "age", "exposed:age"])
    np.testing.assert_array_equal(made.X[:, 3], made.X[:, 1] * made.X[:, 2])
    with pytest.raises(InputError, match="text where numbers"):
        make_design(cases(), "ill", ["exposed", "peers", "exposed:peers"])


@pytest.mark.parametrize(("asking", "bytes_a_row"), [(make_design, 60), (backward_elimination, 300)])
def test_many_rows_need_little_more_than_their_scaled_columns(asking, bytes_a_row, rows=40_000):
    """25 columns in a byte each make 26 there, 8 for the outcome and 8 for the rows; scaled, 208 more while fitted."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.integers(0, 2, (rows, 26), np.int8)).rename(columns="x{}".format)
    data["x0"] = (rng.random(rows) < 0.2 + 0.5 * data["x1"]).astype(np.int8)
    rule = {"statistic": "wald"} if asking is backward_elimination else {}
    asking(data[:1_000], "x0", ["x1"], **rule)  # what is loaded or compiled first is not counted
    tracemalloc.start()
    try:
        asking(data, "x0", list(data.columns[1:]), **rule)
        assert tracemalloc.get_traced_memory()[1] / rows < bytes_a_row
    finally:
        tracemalloc.stop()
