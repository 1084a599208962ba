"""Tables computed from persons and printed with any usual rounding are never said to be impossible."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from keepsafe import audit_table

ROUNDINGS = {"half up": ROUND_HALF_UP, "half even": ROUND_HALF_EVEN, "cut off": ROUND_DOWN}


def printed(value: float, decimals: int, rounding: str) -> str:
    return str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUNDINGS[rounding]))


def share(k: int, n: int, decimals: int, rounding: str) -> str:
    exact = Decimal(100 * k) / Decimal(n)
    return str(exact.quantize(Decimal(1).scaleb(-decimals), ROUNDINGS[rounding]))


def table(seed: int, sizes: tuple[int, ...], d: int, pd_: int, p_decimals: int, rounding: str, overall: bool, test: str,
          missing: float = 0.0) -> pd.DataFrame:  # fmt: skip
    """A table of made-up persons: whole numbers, other numbers, yes or no, three levels; with p by one usual test.

    Of each variable a share of the answers is missing, which the table does not say.
    """
    draw = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    everybody = [group == g for g in range(len(sizes))] + ([np.ones(len(group), bool)] if overall else [])
    heads = [f"arm {g} (n={n})" for g, n in enumerate(sizes)] + ([f"total (n={len(group)})"] if overall else [])
    p_rounding = "half even" if rounding == "half even" else "half up"
    rows = []
    people = {
        "answers": ("mean (SD), whole, 1-7", draw.integers(1, 8, len(group))),
        "visits": ("mean (SD), whole", draw.poisson(3, len(group))),
        "weight": ("mean (SD)", draw.normal(70, 12, len(group))),
    }
    for name, (kind, x) in people.items():
        masks = [mask & (draw.random(len(group)) >= missing) for mask in everybody[: len(sizes)]]
        parts = [x[mask] for mask in masks]
        if min(len(part) for part in parts) < 3 or min(part.std() for part in parts) == 0:
            continue
        masks += [np.logical_or.reduce(masks)] if overall else []
        cells = [f"{printed(x[m].mean(), d, rounding)} ({printed(x[m].std(ddof=1), d, rounding)})" for m in masks]
        welch = test == "welch" and len(sizes) == 2
        p = stats.ttest_ind(*parts, equal_var=not welch).pvalue if len(sizes) == 2 else stats.f_oneway(*parts).pvalue
        rows.append([name, "", kind, *cells, printed(p, p_decimals, p_rounding)])
    yes = draw.random(len(group)) < draw.uniform(0.1, 0.9)
    for name, column, values in (("yes", yes.astype(int), [1]), ("stage", draw.integers(0, 3, len(group)), [0, 1, 2])):
        masks = [mask & (draw.random(len(group)) >= missing) for mask in everybody[: len(sizes)]]
        counts = np.array([[(column[mask] == v).sum() for mask in masks] for v in np.unique(column)])
        counts = counts[counts.sum(axis=1) > 0]
        if min(mask.sum() for mask in masks) < 3:
            continue
        masks += [np.logical_or.reduce(masks)] if overall else []
        p = stats.chi2_contingency(counts, correction=test == "yates").pvalue if len(counts) > 1 else None
        for i, v in enumerate(values):
            pairs = [(int((column[m] == v).sum()), int(m.sum())) for m in masks]
            cells = [f"{k} ({share(k, n, pd_, rounding)})" for k, n in pairs]
            said = printed(p, p_decimals, p_rounding) if i == 0 and p is not None else ""
            rows.append([name, str(v), "n (%)", *cells, said])
    return pd.DataFrame(rows, columns=["variable", "level", "kind", *heads, "p"])


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 10**6),
    st.lists(st.integers(5, 130), min_size=2, max_size=4),
    st.integers(0, 3),
    st.integers(0, 2),
    st.integers(2, 3),
    st.sampled_from(sorted(ROUNDINGS)),
    st.booleans(),
    st.sampled_from(["student", "welch", "yates"]),
)
def test_a_true_table_never_gives_cannot_hold(seed, sizes, d, pd_, p_decimals, rounding, overall, test):
    typed = table(seed, tuple(sizes), d, pd_, p_decimals, rounding, overall, test)
    found = audit_table(typed)
    wrong = found[found["verdict"] == "cannot hold"]
    assert wrong.empty, typed.to_csv(index=False) + "\n".join(wrong["explanation"])


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 10**6),
    st.lists(st.integers(25, 130), min_size=2, max_size=3),
    st.integers(1, 2),
    st.integers(0, 2),
    st.sampled_from([0.02, 0.05]),
    st.booleans(),
)
def test_nor_does_one_in_which_some_answers_are_missing(seed, sizes, d, pd_, missing, overall):
    typed = table(seed, tuple(sizes), d, pd_, 3, "half up", overall, "student", missing)
    wrong = audit_table(typed).query("verdict == 'cannot hold'")
    assert wrong.empty, typed.to_csv(index=False) + "\n".join(wrong["explanation"])


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(12, 90), st.integers(12, 90), st.sampled_from(["half up", "half even"]))
def test_a_true_table_with_usual_rounding_holds_as_it_stands(seed, n1, n2, rounding):
    found = audit_table(table(seed, (n1, n2), 2, 1, 3, rounding, True, "student"))
    assert set(found["verdict"]) <= {"holds", "not checked"}, found[found["verdict"] != "holds"].to_string()


@pytest.mark.parametrize("column", [3, 4, 5, 6])
def test_the_property_would_see_a_planted_fault(column):
    typed = table(7, (40, 50), 2, 1, 3, "half up", True, "student")
    row = typed.index[typed["variable"] == "yes"][0]
    text = typed.iat[row, column]
    typed.iat[row, column] = text.replace(text[0], str((int(text[0]) + 5) % 10), 1) if column < 6 else "0.999"
    assert "cannot hold" in set(audit_table(typed)["verdict"])
