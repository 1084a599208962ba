"""Every number that chapters 02 to 05 show, by another road: counted by hand, by scipy or statsmodels, or by name.

What is not computed again here belongs to an estimator with an oracle of its own; `ELSEWHERE` names the test.
"""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.discrete.discrete_model import Logit

from keepsafe import load_cohort, load_study
from keepsafe.telling.values import as_shown, value_name

HERE = Path(__file__).parent
STUDY = load_study()
COHORT = load_cohort()
VALUES = pd.read_csv(HERE.parent / "reports" / "values.csv", keep_default_na=False)
VALUES = VALUES[VALUES["notebook"].str[:2].isin(["02", "03", "04", "05"])].set_index("id")

STATISTICS = "statistics"

#: Values of estimators that other tests hold: a pattern, the file, the test.
ELSEWHERE = {
    r"l\d+\..+": ("test_every_figure.py", "test_a_printed_figure_is_exact_on_the_cleaned_cohort"),
    r"model\..+\.inclusion|strength(-cse)?\..+\.(weakest|strongest|same)": (
        STATISTICS + "/test_stability.py",
        "test_inclusion_counts_the_resamples_that_keep_a_predictor",
    ),
    r"strength(-cse)?\..+\.(apparent|corrected|slope)": (
        STATISTICS + "/test_stability.py",
        "test_optimism_is_the_mean_loss_from_resample_to_data",
    ),
    r"strength(-cse)?\..+\.separated": (
        STATISTICS + "/test_stability.py",
        "test_completely_separated_resamples_choose_nothing_and_count_nowhere",
    ),
    r"strength(-cse)?\..+\.guards": (
        STATISTICS + "/test_guards.py",
        "test_planted_separation_is_found_and_its_column_named",
    ),
    r"model\..+\.firth\..+": (
        STATISTICS + "/test_logistic_oracles.py",
        "test_firths_fit_matches_the_modified_score_solved_in_r",
    ),
    r"risks?\..+|outcome-risks\.(?!.+\.implied$).+": (
        STATISTICS + "/test_risks.py",
        "test_printed_by_outcome_or_by_factor_the_risks_are_those_of_the_same_table",
    ),
    r"(standardised|implied)\..+|outcome-risks\..+\.implied": (
        STATISTICS + "/test_risks.py",
        "test_standardised_risks_and_their_delta_intervals_are_those_worked_out_in_r",
    ),
    r"diagnostics\..+": (
        STATISTICS + "/test_diagnostics.py",
        "test_leaving_one_person_out_and_inflation_are_those_of_r",
    ),
    r"cse\.(most|carried)": (
        STATISTICS + "/test_diagnostics.py",
        "test_sample_sizes_are_those_of_the_printed_formulas_in_r",
    ),
    r"stability\.stable\.same": (
        STATISTICS + "/test_stability.py",
        "test_distinct_models_are_counted_and_the_chosen_one_is_marked",
    ),
    r"stability\.stable\.(separated|n_boot)": (
        STATISTICS + "/test_stability.py",
        "test_completely_separated_resamples_choose_nothing_and_count_nowhere",
    ),
    r"stability\.stable\.(apparent|corrected|slope)": (
        STATISTICS + "/test_stability.py",
        "test_optimism_is_the_mean_loss_from_resample_to_data",
    ),
    r"explored\..+\.(same|last)": (
        STATISTICS + "/test_thresholds.py",
        "test_shares_of_resamples_are_those_of_the_bootstrap_at_that_threshold",
    ),
    r"explored\..+\.n": (
        STATISTICS + "/test_thresholds.py",
        "test_each_threshold_keeps_what_its_own_elimination_keeps_with_its_odds_ratios",
    ),
    r"curve\..+": (
        STATISTICS + "/test_specification.py",
        "test_a_row_is_what_backward_elimination_gives_under_its_choices",
    ),
    r"truth\..+": (STATISTICS + "/test_known_truth.py", "test_a_short_run_agrees_within_its_monte_carlo_error"),
    r"exposure\..+": (STATISTICS + "/test_exposure.py", "test_with_the_years_in_the_model_the_error_rate_is_nominal"),
    r"counts\.(now|wider)": (STATISTICS + "/test_exposure.py", "test_related_columns_keep_their_values_in_every_group"),
    r"unknown-codes\..+\.dropped": (
        STATISTICS + "/test_logistic_oracles.py",
        "test_coefficients_and_wald_intervals_match_r_glm",
    ),
    r"unknown-codes\..+\.imputed": (
        STATISTICS + "/test_logistic_oracles.py",
        "test_pooling_by_rubins_rules_matches_r_mice",
    ),
    r"(recipients|police-persons)\..+": (
        "audit/test_recipients.py",
        "test_police_recipients_are_those_printed_as_provided",
    ),
}


def group(name: str) -> pd.DataFrame:
    """The persons of a group of the study, such as cse or high_risk."""
    rule = STUDY.groups[name]
    return COHORT if rule.variable is None else COHORT[COHORT[rule.variable].astype(str) == str(rule.value)]


def column(variable: str, phase: str) -> pd.Series:
    return COHORT[f"{variable}_p{phase}" if f"{variable}_p{phase}" in COHORT else variable]


def described(values: pd.Series, level: str, statistic: str) -> float:
    """One cell of a descriptive table."""
    if statistic in ("mean", "sd", "min", "max"):
        numbers = values.dropna().to_numpy(float)
        return numbers.std(ddof=1) if statistic == "sd" else getattr(numbers, statistic)()
    has = values.astype(str).isin(level.replace("-or-", "_or_").split("_or_")).sum()
    return has if statistic == "count" else 100 * has / len(values)


@cache
def logit(outcome: str, event: str, predictors: tuple[str, ...]):
    X = np.column_stack([np.ones(len(COHORT)), COHORT[list(predictors)].to_numpy(float)])
    return Logit((COHORT[outcome].astype(str) == event).to_numpy(float), X).fit(disp=0, method="newton", maxiter=100)


@cache
def eliminated(model: str) -> tuple[tuple[str, ...], list[tuple]]:
    """Backward elimination by statsmodels alone: what is left, and each step's statistic, p and fit."""
    rule = STUDY.models[model]
    inside, steps = tuple(rule.candidates), []
    while True:
        fit = logit(rule.outcome.variable, rule.outcome.event, inside)
        tests = {}
        for name in inside:
            rest = logit(rule.outcome.variable, rule.outcome.event, tuple(each for each in inside if each != name))
            tests[name] = 2 * (fit.llf - rest.llf)
        weakest = min(tests, key=tests.get)
        steps.append((fit, tests[weakest], len(inside)))
        if stats.chi2.sf(tests[weakest], 1) <= 0.10:
            return inside, steps
        inside = tuple(each for each in inside if each != weakest)


def a_cell(id: str) -> float:
    _, variable, *rest = id.split(".")
    statistic = rest.pop() if rest[-1] in ("mean", "sd", "min", "max", "percent", "count") else "percent"
    persons = group(rest.pop()).index
    phase = rest.pop()[1:] if rest and re.fullmatch(r"p\d", rest[-1]) else ""
    values = column(variable, phase)[persons]
    if variable.startswith("lived_") and phase == "2":  # printed of those whose place of living is known
        values = values.dropna()
    if variable.startswith("reason_"):
        values = values[COHORT.loc[persons, "ssd_after_closure"] == 1]
    return described(values, rest[0] if rest else "1", statistic)


def a_comparison(id: str) -> float:
    _, variable, *middle, what = id.split(".")
    by = middle.pop()
    groups = [COHORT[COHORT["sex"] == sex] for sex in ("female", "male")]
    if by != "sex":
        groups = [group(name) for name in STUDY.contrasts[by].groups]
    persons = group(middle.pop()).index if middle and middle[-1] in STUDY.groups else COHORT.index
    parts = [part.loc[part.index.intersection(persons), variable] for part in groups]
    level = middle[0] if middle else ("mean" if STUDY.codebook[variable].measured else "1")
    if level == "mean":
        numbers = [part.dropna().to_numpy(float) for part in parts]
        return {"a": numbers[0].mean(), "b": numbers[1].mean(), "p": stats.ttest_ind(*numbers).pvalue}[what]
    shares = [described(part, level, "percent") for part in parts]
    counts = [[described(part, level, "count"), len(part) - described(part, level, "count")] for part in parts]
    return {"a": shares[0], "b": shares[1], "p": stats.chi2_contingency(counts, correction=False).pvalue}[what]


def a_model(id: str) -> float:
    _, model, name, *rest, what = id.split(".")
    rule = STUDY.models[model]
    kept, steps = eliminated(model)
    if what == "males":
        return ((COHORT["female"] == 0) & (COHORT["cse"] == 1)).sum()
    if "-by-" in name:
        product = (COHORT["female"] * COHORT["any_sexual_abuse_p1"]).to_numpy(float)
        X = np.column_stack([np.ones(len(COHORT)), COHORT[list(kept)].to_numpy(float), product])
        fit, place = Logit(COHORT["cse"].to_numpy(float), X).fit(disp=0, method="newton"), -1
    elif rest == ["full"]:
        fit, place = steps[0][0], 1 + rule.candidates.index(name)
    else:
        fit, place = steps[-1][0], 1 + kept.index(name)
    low, high = np.exp(fit.conf_int()[place])
    return {"odds_ratio": np.exp(fit.params[place]), "low": low, "high": high, "p": fit.pvalues[place]}[what]


def a_step(id: str) -> float:
    _, step, what = id.split(".")
    fit, _, size = eliminated("cse_any_abuse")[1][int(step)]
    if what in ("statistic", "p", "df"):
        statistic = eliminated("cse_any_abuse")[1][int(step) - 1][1]
        return {"statistic": statistic, "p": stats.chi2.sf(statistic, 1), "df": 1}[what]
    cox_snell = 1 - np.exp(2 * (fit.llnull - fit.llf) / len(COHORT))
    return {"deviance": -2 * fit.llf, "events_per_variable": 54 / size,
            "nagelkerke": cox_snell / (1 - np.exp(2 * fit.llnull / len(COHORT)))}[what]  # fmt: skip


def a_response(id: str) -> float:
    _, response, what, name, question = id.split(".")
    known = group(name)[f"{response}_{question}"].dropna()
    return known.sum() if what == "k" else 100 * known.mean()


def labelled(label: str) -> str:
    """The model that has this label."""
    return next(name for name in STUDY.models if value_name(STUDY.models[name].label) == label)


def a_strength(id: str) -> float:
    _, label, what = id.split(".")
    rule = STUDY.models[labelled(label)]
    events = (COHORT[rule.outcome.variable].astype(str) == rule.outcome.event).sum()
    return {"events": min(events, len(COHORT) - events), "kept": len(eliminated(rule.name)[0]),
            "each": min(events, len(COHORT) - events) / len(rule.candidates)}[what]  # fmt: skip


def a_simulation(id: str) -> float:
    """What the drawn ages come to in the long run, by the normal distribution."""
    before = stats.norm.cdf((14 - 16.9) / np.hypot(2, 2))
    both = {"one": (0.283 * before, 0.283), "own": (0.574 * before, 0.179)}
    found = {"timing.spread_years": 2, "timing.n_simulated": 500}
    for name, (cse, others) in both.items():
        ratio = cse / (1 - cse) / (others / (1 - others))
        shares = {f"timing.{name}.cse": 100 * cse, f"timing.{name}.others": 100 * others}
        found |= shares | {f"timing.{name}.ratio": ratio}
    return found[id]


def a_saying(id: str) -> float:
    """Numbers of a sentence, by hand."""
    cse = COHORT["cse"]
    kept = {name: set(eliminated(name)[0]) for name in SIX}
    unknown = {"parents_negative_p1": COHORT["parents_p1"].eq("unknown").sum(),
               "rejected_p1": COHORT["rejection_p1"].eq("unclear").sum()}  # fmt: skip
    held = {name: set(unknown) & factors for name, factors in kept.items()}
    candidates = len(STUDY.models["cse_any_abuse"].candidates)
    counts = COHORT[["moves_total", "n_agencies_p1", "n_social_workers"]].to_numpy(float)
    related = abs(np.corrcoef(counts, rowvar=False))
    return {
        "cse.candidates": candidates, "cse.events": cse.sum(), "cse.each": cse.sum() / candidates,
        "cse.n": len(COHORT),
        "rule.p_remove": 0.10, "rule.n": len(COHORT), "rule.candidates": candidates,
        "categories.lowest": 100 * cse[COHORT["seraf_category"].eq("no")].mean(),
        "health.in_cse": 100 * COHORT.loc[cse == 1, "mental_health_p1"].mean(),
        "health.others": 100 * COHORT.loc[cse == 0, "mental_health_p1"].mean(),
        "counts.was": related[np.triu_indices(3, 1)].max(),
        "noise.n_boot": 500, "noise.n_cohorts": 10, "noise.fewer": 50,
        "responses.counted": 27, "responses.named": len(STUDY.responses),
        "firth.n": len(eliminated("cse_any_abuse")[0]),
        "unknown.told.factors": len(set.union(*kept.values())), "unknown.n_sets": 10, "unknown.of": len(SIX),
        "unknown.told.gaps": len(set.union(*held.values())),
        "unknown.told.most": max(unknown[name] for name in set.union(*held.values())),
        "unknown.n": sum(map(bool, held.values())),
    }[id]  # fmt: skip


def the_same(id: str) -> float:
    """A number that a table of a model shows as well."""
    table, name, *middle, what = id.split(".")
    model = "cse_any_abuse"
    if table == "full-model":
        model = labelled(middle[0])
        fit, place = eliminated(model)[1][0][0], 1 + STUDY.models[model].candidates.index(name)
        low, high = np.exp(fit.conf_int()[place])
        return {"odds_ratio": np.exp(fit.params[place]), "low": low, "high": high, "p": fit.pvalues[place]}[what]
    if table == "unknown-codes":
        model, name, what = name, middle[0], "odds_ratio"
    return a_model(f"model.{model}.{name}.{what}")


SIX = ("education_employment", "unstable_housing", "relationship_abuse", "substance_misuse", "mental_health",
       "ssd_after_closure")  # fmt: skip
ROADS = {
    r"(table_\d|demographics)\..+": a_cell,
    r"text\..+": a_comparison,
    r"model\.(?!.+\.(inclusion$|firth\.)).+": a_model,
    r"elimination-any-abuse\..+": a_step,
    r"responses-given\..+": a_response,
    r"strength(-cse)?\..+\.(events|each|kept)": a_strength,
    r"timing\.(?!.+\.(low|high|ratio)).+": a_simulation,
    r"counts\.was|noise\.(n_boot|n_cohorts|fewer)": a_saying,
    r"full-model\..+": the_same,
    r"unknown-codes\..+\.no": the_same,
    r"cse\.(?!most|carried).+|(health|categories)\..+|firth\.n|unknown\.[a-z_.]+": a_saying,
    r"rule\.(p_remove|n|candidates)|responses\.[a-z]+": a_saying,
}
WORDS = (
    r"timing\..+\.(low|high|ratio)|noise\.(noise|between)|"  # of chance
    r"rule\.test|unknown\.has|firth\.toward"
)  # made from the numbers beside them


def shown_here(number: float, id: str) -> float:
    """A number at the rounding at which its value is shown, and recorded."""
    return as_shown(float(number), VALUES.at[id, "unit"], int(float(VALUES.at[id, "digits"])))


def road(id: str) -> list:
    return [way for pattern, way in [*ROADS.items(), *ELSEWHERE.items()] if re.fullmatch(pattern, id)]


def test_simulated_odds_ratios_are_those_of_the_normal_distribution_but_for_chance():
    for id in ("timing.one.ratio", "timing.own.ratio"):
        assert float(VALUES.at[id, "value"]) == pytest.approx(a_simulation(id), abs=0.02)


def test_every_value_has_one_road():
    lost = {id: road(id) for id in VALUES.index if len(road(id)) != 1 and not re.fullmatch(WORDS, id)}
    assert lost == {}


@pytest.mark.parametrize("way", dict.fromkeys(ROADS.values()), ids=lambda way: way.__name__)
def test_values_are_those_of_the_other_road(way):
    wrong = {}
    for id in (id for id in VALUES.index if road(id) == [way] and not re.fullmatch(WORDS, id)):
        there = VALUES.at[id, "value"]
        if there in ("left out", "no result printed"):
            wrong |= {id: there} if id.split(".")[2] in eliminated(id.split(".")[1])[0] else {}
        elif float(there) != shown_here(again := way(id), id):
            wrong[id] = (there, again)
    assert wrong == {}


@pytest.mark.parametrize(("file", "test"), ELSEWHERE.values())
def test_a_test_that_holds_an_estimator_is_there(file, test):
    assert f"def {test}(" in (HERE / file).read_text(encoding="utf-8")
