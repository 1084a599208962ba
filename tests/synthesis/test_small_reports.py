"""Random small reports, their figures and odds ratios taken from a known cohort, are met exactly."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepsafe.statistics.engine import fit
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook
from keepsafe.study.published import as_printed
from keepsafe.synthesis import cohort
from keepsafe.synthesis.family import typed
from keepsafe.synthesis.plan import Plan
from keepsafe.synthesis.verdicts import NOT_MET, claims_held, figures_held

GROUPS = {
    "total": None,
    "low_risk": ("risk_group", "low"),
    "high_risk": ("risk_group", "high"),
    "non_cse": ("cse", "0"),
    "cse": ("cse", "1"),
}
STUDY = """
[study]
person = "person_id"
file = "file_id"
[cohort]
team = "team"
excluded_teams = []
category = "seraf_category"
grouped_as = "risk_group"
[cohort.groups_of_categories]
low = ["no"]
high = ["significant"]
[groups]
total = { label = "All" }
low_risk = { label = "Low", variable = "risk_group", value = "low" }
high_risk = { label = "High", variable = "risk_group", value = "high" }
non_cse = { label = "Without", variable = "cse", value = "0" }
cse = { label = "With", variable = "cse", value = "1" }
[contrasts]
risk = { label = "Risk", groups = ["low_risk", "high_risk"] }
cse = { label = "CSE", groups = ["non_cse", "cse"] }
[strata]
sex = { label = "Sex", variable = "sex" }
[outcomes]
outcome = { label = "Outcome", variable = "outcome", event = "1" }
[models]
outcome = { label = "Outcome", outcome = "outcome", candidates = ["item_0", "item_1"] }
[synthesis.numbers]
visits = { mean = 4.0, shape = 2.0 }
"""


@pytest.fixture(scope="session")
def small_study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    rows = [
        ("person_id", "identifier", "", ""),
        ("file_id", "identifier", "", ""),
        ("synthetic", "binary", "0=no; 1=yes", ""),
        ("team", "category", "one=One; two=Two", ""),
        ("seraf_category", "ordered", "no=No; significant=Significant", ""),
        ("risk_group", "ordered", "low=Low; high=High", ""),
        ("cse", "binary", "0=no; 1=yes", ""),
        ("sex", "category", "female=Female; male=Male", ""),
        *((f"item_{i}", "binary", "0=no; 1=yes", "-9=not recorded") for i in range(4)),
        ("outcome", "binary", "0=no; 1=yes", "-9=not recorded"),
        ("visits", "count", "0..40", "-9=not recorded"),
    ]
    table = pd.DataFrame(
        [(name, name, "What?", "", kind, levels, missing, "", "no", "") for name, kind, levels, missing in rows],
        columns=[
            "name",
            "label",
            "question",
            "phase",
            "type",
            "levels",
            "missing",
            "reference",
            "sensitive",
            "source_line",
        ],
    )
    table.to_csv(folder / "codebook.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return load_study(folder / "study.toml", load_codebook(folder / "codebook.csv"))


def known_cohort(rng: np.random.Generator, n: int) -> pd.DataFrame:
    high, cse, female = rng.random(n) < 0.4, rng.random(n) < 0.35, rng.random(n) < 0.5
    made = pd.DataFrame(
        {
            "risk_group": np.where(high, "high", "low"),
            "cse": cse.astype(int).astype(str),
            "sex": np.where(female, "female", "male"),
        }
    )
    for i in range(4):
        made[f"item_{i}"] = rng.random(n) < rng.uniform(0.3, 0.7) + 0.15 * cse - 0.1 * high
    odds = np.exp(-1.0 + 1.6 * made["item_0"] - 1.4 * made["item_1"])
    made["outcome"] = rng.random(n) < odds / (1 + odds)
    made["visits"] = np.minimum(rng.poisson(rng.gamma(2.0, 2.0 + 1.5 * cse)), 40)
    return made


def published(made: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """The figures that a report of this cohort would print, counts and one decimal included."""
    rows = []
    for group, rule in GROUPS.items():
        part = made if rule is None else made[made[rule[0]] == rule[1]]
        rows.append(("person_id", "", group, "count", len(part), 0))
        rows.append(("risk_group", "high", group, "count", (part["risk_group"] == "high").sum(), 0))
        rows.append(
            (
                "sex",
                "female",
                group,
                "percent",
                as_printed((part["sex"] == "female").sum(), len(part), decimals),
                decimals,
            )
        )
        for name in [*(f"item_{i}" for i in range(4)), "outcome"]:
            rows.append((name, "1", group, "percent", as_printed(part[name].sum(), len(part), decimals), decimals))
        rows += [
            ("visits", "", group, "mean", part["visits"].mean(), 1),
            ("visits", "", group, "sd", part["visits"].std(), 1),
            ("visits", "", group, "max", part["visits"].max(), 0),
        ]
    table = pd.DataFrame(rows, columns=["variable", "level", "group", "statistic", "number", "decimals"])
    table["value"] = [f"{number:.{places}f}" for number, places in zip(table["number"], table["decimals"], strict=True)]
    table["id"] = table["variable"] + "." + table["level"] + "." + table["group"] + "." + table["statistic"]
    return table.drop(columns="number").assign(
        source="table_1",
        stratum="",
        phase="",
        qualifier="exactly",
        unit="persons",
        n_printed=pd.NA,
        source_line=1,
    )


NONE = pd.DataFrame(
    columns=[
        "source",
        "variable",
        "level",
        "phase",
        "stratum",
        "contrast",
        "marker",
        "wording",
        "direction",
        "source_line",
    ]
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), n=st.integers(60, 300), decimals=st.integers(0, 1))
def test_figures_of_a_known_cohort_are_met_exactly(small_study, seed, n, decimals):
    figures = published(known_cohort(np.random.default_rng(seed), n), decimals)
    made = cohort(Plan(figures, NONE, small_study), None, np.random.default_rng(seed + 1))
    held = figures_held(figures, typed(made, small_study), small_study)
    assert held[held["verdict"] == NOT_MET].empty, held[held["verdict"] == NOT_MET].to_string()


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_odds_ratios_of_a_known_cohort_are_met(small_study, seed):
    known = known_cohort(np.random.default_rng(seed), 250)
    X = np.column_stack([np.ones(len(known)), known[["item_0", "item_1"]].to_numpy(float)])
    b, V, _, converged = fit(X, known["outcome"].to_numpy(float))
    if not converged or (np.abs(b[1:]) / np.sqrt(np.diag(V)[1:]) < 2.5).any():
        return  # this cohort would not have printed them as significant
    claims = pd.DataFrame(
        {
            "model": "outcome",
            "outcome": "outcome",
            "predictor": ["item_0", "item_1"],
            "direction": np.where(b[1:] > 0, "risk", "protective"),
            "or_low": np.exp(b[1:] - 0.08),
            "or_high": np.exp(b[1:] + 0.08),
            "size": "printed",
            "significance": "significant",
            "source_line": 1,
        }
    )
    figures = published(known, 1)
    made = typed(cohort(Plan(figures, NONE, small_study), claims, np.random.default_rng(seed + 1)), small_study)
    assert set(claims_held(claims, made, small_study)["verdict"]) == {"met"}
    held = figures_held(figures, made, small_study)
    assert held[held["verdict"] == NOT_MET].empty
