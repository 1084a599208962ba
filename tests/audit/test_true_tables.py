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


def table(
    seed: int, sizes: tuple[int, ...], d: int, pd_: int, p_decimals: int, rounding: str, overall: bool, test: str
):
    """A table of made-up persons: whole numbers, other numbers, yes or no, three levels; with p by one usual test."""
    draw = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    masks = [group == g for g in range(len(sizes))] + ([np.ones(len(group), bool)] if overall else [])
    heads = [f"arm {g} (n={n})" for g, n in enumerate(sizes)] + ([f"total (n={len(group)})"] if overall else [])
    rows = []
    people = {
        "answers": ("mean (SD), whole, 1-7", draw.integers(1, 8, len(group))),
        "visits": ("mean (SD), whole", draw.poisson(3, len(group))),
        "weight": ("mean (SD)", draw.normal(70, 12, len(group))),
    }

    def p_text(p: float) -> str:
        return printed(p, p_decimals, "half even" if rounding == "half even" else "half up")

    for name, (kind, x) in people.items():
        parts = [x[group == g] for g in range(len(sizes))]
        if min(part.std() for part in parts) == 0:
            continue
        cells = [f"{printed(x[m].mean(), d, rounding)} ({printed(x[m].std(ddof=1), d, rounding)})" for m in masks]
        welch = test == "welch" and len(sizes) == 2
        p = stats.ttest_ind(*parts, equal_var=not welch).pvalue if len(sizes) == 2 else stats.f_oneway(*parts).pvalue
        rows.append([name, "", kind, *cells, p_text(p)])
    yes = draw.random(len(group)) < draw.uniform(0.1, 0.9)
    level = draw.integers(0, 3, len(group))
    for name, column, values in (("yes", yes.astype(int), [1]), ("stage", level, [0, 1, 2])):
        counts = np.array([[(column[group == g] == v).sum() for g in range(len(sizes))] for v in np.unique(column)])
        p = stats.chi2_contingency(counts, correction=test == "yates").pvalue if len(counts) > 1 else 1.0
        for i, v in enumerate(values):
            ks = [int((column[m] == v).sum()) for m in masks]
            cells = [f"{k} ({share(k, int(m.sum()), pd_, rounding)})" for k, m in zip(ks, masks, strict=True)]
            rows.append([name, str(v), "n (%)", *cells, p_text(p) if i == 0 and len(counts) > 1 else ""])
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
