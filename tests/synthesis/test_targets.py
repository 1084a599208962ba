"""Every figure, comparison and claim of the report holds in the synthetic cohort, or provably cannot."""

import numpy as np
import pytest
import statsmodels.api as sm

from keepsafe.synthesis.design import schemes
from keepsafe.synthesis.verdicts import CANNOT, NOT_MET, verdicts

PRINTED = {
    ("cse_any_abuse", "female"): (6.5, 7),
    ("cse_any_abuse", "any_sexual_abuse_p1"): (5, 6),
    ("cse_extrafamilial", "female"): (6.5, 7),
    ("cse_extrafamilial", "extrafamilial_sexual_abuse_p1"): (6, 7),
    ("substance_misuse", "cse"): (8.5, 9),
    ("mental_health", "cse"): (9.5, 10.5),
}


@pytest.fixture(scope="module", params=["committed", "cohort_anew"])
def cohort(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def found(cohort, report, study):
    return verdicts(*report, cohort, study)


def test_every_statement_of_the_report_is_met_or_cannot_hold(found):
    for row in found.itertuples():
        print(f"{row.verdict:<12} {row.kind:<10} {row.statement} | {row.target} | {row.value}")
    missed = found[found["verdict"] == NOT_MET]
    assert missed.empty, missed.to_string()


def test_the_figures_that_cannot_hold_are_those_the_study_file_names(found, study):
    cannot = found[(found["kind"] == "figure") & (found["verdict"] == CANNOT)]
    assert set(cannot["statement"]) == set(study.settings["synthesis"]["cannot_hold"])


def test_a_comparison_cannot_hold_only_where_both_of_its_groups_are_printed(found, report):
    cannot = found[(found["kind"] == "comparison") & (found["verdict"] == CANNOT)]
    printed = set(report[0].loc[report[0]["source"] != "text", "variable"])
    assert {name.split(".")[0] for name in cannot["statement"]} <= printed


def test_no_claim_is_excused(found):
    assert set(found.loc[found["kind"] == "claim", "verdict"]) == {"met"}


def test_one_changed_person_is_noticed(committed, report, study):
    spoilt = committed.copy()
    spoilt.loc[0, "lived_care_p1"] = 1 - spoilt.loc[0, "lived_care_p1"]
    found = verdicts(*report, spoilt, study)
    assert "table_1.lived_care.p1.total.percent" in set(found.loc[found["verdict"] == NOT_MET, "statement"])


def test_outcomes_dealt_out_afresh_break_the_claims(committed, report, study):
    spoilt = committed.copy()
    spoilt["substance_misuse"] = np.random.default_rng(1).permutation(spoilt["substance_misuse"])
    found = verdicts(*report, spoilt, study)
    missed = found.loc[found["verdict"] == NOT_MET, "statement"]
    assert missed.str.startswith("substance_misuse: cse").any()


def test_statsmodels_finds_the_published_odds_ratios(cohort, report, study):
    seen = {}
    for scheme in schemes(report[2], study):
        if scheme.crude:
            continue
        outcome = scheme.model.outcome
        y = (cohort[outcome.variable].astype(str) == outcome.event).to_numpy(float)
        X = sm.add_constant(cohort[list(scheme.named)].astype(float).to_numpy())
        fit = sm.Logit(y, X).fit(disp=0)
        for name, b, p in zip(scheme.named, fit.params[1:], fit.pvalues[1:], strict=True):
            seen[scheme.model.name, name] = np.exp(b)
            assert p < 0.10, (scheme.model.name, name)
    for key, (low, high) in PRINTED.items():
        assert low <= seen[key] < high, key


def test_sexual_abuse_matters_regardless_of_sex_by_statsmodels(cohort):
    names = [
        "female",
        "any_sexual_abuse_p1",
        "moves_total",
        "peers_positive_p1",
        "n_agencies_p1",
        "n_social_workers",
        "pregnancy_p1",
    ]
    X = cohort[names].astype(float)
    X["product"] = X["female"] * X["any_sexual_abuse_p1"]
    y = cohort["cse"].astype(float).to_numpy()
    with_it = sm.Logit(y, sm.add_constant(X.to_numpy())).fit(disp=0)
    without = sm.Logit(y, sm.add_constant(X[names].to_numpy())).fit(disp=0)
    assert 2 * (with_it.llf - without.llf) < 2.7055
