"""A report of another field, with no category, no strata and names of its own, needs no code."""

import numpy as np
import pandas as pd
import pytest

from keepsafe import synthesis
from keepsafe.files.cleaning import with_derived
from keepsafe.problems import InputError, Problem
from keepsafe.statistics.engine import fit
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook
from keepsafe.study.published import as_printed
from keepsafe.synthesis import cohort, make
from keepsafe.synthesis.demands import Dropped, of_comparisons
from keepsafe.synthesis.design import Limits, limits
from keepsafe.synthesis.family import family, reach, typed
from keepsafe.synthesis.plan import Plan
from keepsafe.synthesis.verdicts import (
    BY_ANOTHER,
    MET,
    NOT_MET,
    claims_held,
    comparisons_held,
    figures_held,
    verdicts,
)

STUDY = """
[study]
person = "patient"
[groups]
everyone = { label = "All patients" }
home = { label = "Discharged home", variable = "discharged", value = "1" }
ward = { label = "Still on the ward", variable = "discharged", value = "0" }
trained = { label = "Trained", variable = "arm", value = "training" }
usual = { label = "Usual care", variable = "arm", value = "usual" }
[contrasts]
arms = { label = "Usual care against training", groups = ["usual", "trained"] }
[derived]
training = { label = "In training", variable = "arm", one_of = ["training"] }
[outcomes]
fall = { label = "Fell again", variable = "fall", event = "yes" }
[candidates]
all = ["training", "frail", "dizzy", "steps", "stage", "pets"]
[models]
fall = { label = "Fell again", outcome = "fall", candidates = ["all"] }
[rules.sums]
n_aids = ["stick", "frame", "rail"]
[rules.within]
n_worn = "n_aids"
[synthesis.numbers]
age = { mean = 78, sd = 6 }
age_at_first_fall = { mean = 74, sd = 6, where = "dizzy" }
[[synthesis.order]]
first = "age_at_first_fall"
second = "age"
"""
CODEBOOK = [
    ("patient", "identifier", "", "", ""),
    ("discharged", "binary", "0=no; 1=yes", "", "0"),
    ("arm", "category", "usual=Usual care; training=Training", "", "usual"),
    ("frail", "binary", "0=no; 1=yes", "-9=not recorded", "0"),
    ("dizzy", "binary", "0=no; 1=yes", "-9=not recorded", "0"),
    ("pets", "binary", "0=no; 1=yes", "-9=not recorded", "0"),
    ("stage", "ordered", "early=Early; middle=Middle; late=Late", "-9=not recorded", "early"),
    ("fall", "category", "yes=Yes; no=No", "-9=not recorded", "no"),
    ("steps", "count", "0..20000", "-9=not recorded", ""),
    ("age", "number", "60..100", "", ""),
    ("age_at_first_fall", "number", "50..100", "-8=not applicable", ""),
    *((name, "binary", "0=no; 1=yes", "", "0") for name in ("stick", "frame", "rail")),
    ("n_aids", "count", "0..3", "", ""),
    ("n_worn", "count", "0..3", "", ""),
]
GROUPS = {
    "everyone": None,
    "home": ("discharged", "1"),
    "ward": ("discharged", "0"),
    "trained": ("arm", "training"),
    "usual": ("arm", "usual"),
}


@pytest.fixture(scope="module")
def falls(tmp_path_factory):
    return study_of(tmp_path_factory.mktemp("falls"), STUDY)


def study_of(folder, text: str):
    table = pd.DataFrame(CODEBOOK, columns=["name", "type", "levels", "missing", "reference"])
    table = table.assign(label=table["name"], question="What?", phase="", sensitive="no", source_line="")
    table.to_csv(folder / "codebook.csv", index=False)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return load_study(folder / "study.toml", load_codebook(folder / "codebook.csv"))


def patients(seed: int, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    home, trained = rng.random(n) < 0.6, rng.random(n) < 0.5
    made = pd.DataFrame({"discharged": home.astype(int), "arm": np.where(trained, "training", "usual")})
    for name, share in {"frail": 0.4, "dizzy": 0.5, "pets": 0.3, "stick": 0.5, "frame": 0.3, "rail": 0.2}.items():
        made[name] = (rng.random(n) < share + 0.1 * home).astype(int)
    made["stage"] = rng.choice(["early", "middle", "late"], n, p=[0.4, 0.3, 0.3])
    made["steps"] = np.clip(rng.normal(5000 + 900 * trained, 2000, n).round(), 0, 20000).astype(int)
    z = -0.8 + 1.3 * made["frail"] - 0.0003 * (made["steps"] - 5500) + 1.1 * (made["stage"] == "late")
    made["fall"] = np.where(rng.random(n) < 1 / (1 + np.exp(-z)), "yes", "no")
    made["age"] = np.clip(rng.normal(78, 6, n).round(), 60, 100).astype(int)
    made["n_aids"] = made[["stick", "frame", "rail"]].sum(axis=1)
    made["n_worn"] = rng.binomial(made["n_aids"], 0.7)
    return made


def published(made: pd.DataFrame, numbers: tuple[str, ...] = ("steps", "age")) -> pd.DataFrame:
    rows = []
    for group, rule in GROUPS.items():
        part = made if rule is None else made[made[rule[0]].astype(str) == rule[1]]
        rows.append(("patient", "", group, "count", str(len(part)), 0))
        if group not in ("trained", "usual"):
            k = (part["arm"] == "training").sum()
            rows.append(("arm", "training", group, "percent", f"{as_printed(k, len(part), 1):.1f}", 1))
        levels = {name: "1" for name in ("frail", "dizzy", "pets", "stick", "frame", "rail")}
        for name, level in {**levels, "fall": "yes", "stage": "late"}.items():
            k = (part[name].astype(str) == level).sum()
            rows.append((name, level, group, "percent", f"{as_printed(k, len(part), 1):.1f}", 1))
        for name in numbers:
            rows.append((name, "", group, "mean", f"{part[name].mean():.1f}", 1))
            rows.append((name, "", group, "sd", f"{part[name].std():.1f}", 1))
    rows.append(("n_worn", "", "everyone", "count", str(made["n_worn"].sum()), 0))
    table = pd.DataFrame(rows, columns=["variable", "level", "group", "statistic", "value", "decimals"])
    table["id"] = table["variable"] + "." + table["level"] + "." + table["group"] + "." + table["statistic"]
    return table.assign(
        source="table_1", stratum="", phase="", qualifier="exactly", unit="persons", n_printed=pd.NA, source_line=1
    )


def compared(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["variable", "level", "marker", "wording", "direction"])
    return table.assign(source="text", phase="", stratum="", contrast="arms", source_line=1)


def claimed(*rows: tuple[str, str, float, float, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["predictor", "direction", "or_low", "or_high", "significance"])
    size = np.where(table["or_low"].notna(), "printed", "direction_only")
    return table.assign(model="fall", outcome="fall", size=size, source_line=1)


def persons(codes: pd.DataFrame, study) -> pd.DataFrame:
    """A cohort as `clean` returns it."""
    return with_derived(typed(codes, study), study)


NONE = compared()
NAN = float("nan")


def model_of(made: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The log odds ratios, and z values, of frail, a step and both later stages."""
    late, middle = (made["stage"] == level for level in ("late", "middle"))
    X = np.column_stack([np.ones(len(made)), made["frail"], made["steps"] / 1000, middle, late]).astype(float)
    b, V, _, _ = fit(X, (made["fall"].astype(str) == "yes").to_numpy(float))
    return b, b / np.sqrt(np.diag(V))


def test_a_study_without_category_strata_or_files_meets_its_figures(falls):
    figures = published(patients(1))
    made = make(Plan(figures, NONE, falls), None, 5)
    held = figures_held(figures, typed(made.cohort, falls), falls)
    assert set(held["verdict"]) == {MET}, held[held["verdict"] != MET].to_string()
    assert (made.cohort["synthetic"] == "1").all() and len(made.case_files) == len(made.cohort) == 400


def test_numbers_beyond_127_come_back_from_a_family(falls):
    figures = published(patients(2))
    found = family(figures, NONE, None, falls, 3, 2, n_jobs=1)
    assert found["steps"].max() > 5000 and str(found["steps"].dtype) == "Int16"
    for _, part in found.groupby("cohort"):
        assert part["steps"].mean() == pytest.approx(
            float(figures.query("id == 'steps..everyone.mean'")["value"].item()), abs=0.051
        )


def test_sums_order_and_parts_of_numbers_hold_by_rules_alone(falls):
    made = persons(cohort(Plan(published(patients(3)), NONE, falls), None, np.random.default_rng(1)), falls)
    assert (made["n_aids"] == made[["stick", "frame", "rail"]].sum(axis=1)).all()
    assert (made["n_worn"] <= made["n_aids"]).all() and made["n_worn"].sum() == patients(3)["n_worn"].sum()
    fell = made["age_at_first_fall"].notna()
    assert (fell == (made["dizzy"] == 1)).all()
    assert (made.loc[fell, "age_at_first_fall"] <= made.loc[fell, "age"]).all()


def test_a_sized_odds_ratio_of_a_count_and_a_category_are_reached(falls):
    known = patients(4)
    b, z = model_of(known)
    assert (np.abs(z[[1, 2, 4]]) > 2.3).all()
    step = np.exp(b[2] / 1000)
    claims = claimed(
        ("frail", "risk", np.exp(b[1] - 0.05), np.exp(b[1] + 0.05), "significant"),
        ("steps", "protective", step - 0.00002, step + 0.00002, "significant"),
        ("stage=late", "risk", NAN, NAN, "significant"),
    )
    figures = published(known)
    made = persons(cohort(Plan(figures, NONE, falls), claims, np.random.default_rng(2)), falls)
    held = claims_held(claims, made, falls)
    assert set(held["verdict"]) == {MET}, held.to_string()
    again = model_of(made)[0]
    assert again[2] / 1000 == pytest.approx(b[2] / 1000, abs=0.00003)
    assert figures_held(figures, made, falls)["verdict"].eq(MET).all()


def test_a_comparison_of_means_is_demanded_and_only_printed_moments_excuse_it(falls):
    figures = published(patients(5), numbers=("age",))
    said = compared(("steps", "", "**", "", "lower"), ("age", "", "", "none", ""))
    for seed in range(3):
        made = persons(cohort(Plan(figures, said, falls), None, np.random.default_rng(seed)), falls)
        held = comparisons_held(said, figures, made, falls)
        assert held["verdict"].tolist()[0] == MET, held.to_string()
    unlike = said.assign(marker=["", "***"], wording="", direction="higher")
    held = comparisons_held(unlike, figures, made, falls)
    assert held["verdict"].tolist() == [NOT_MET, BY_ANOTHER]


def test_a_true_marker_is_not_dropped_for_fishers_test(falls):
    """14 of 40 against 23 of 40: p = .044 by Pearson's test, .072 by Fisher's."""
    known = patients(6, 80)
    known["arm"] = np.repeat(["usual", "training"], 40)
    known["pets"] = [1] * 14 + [0] * 26 + [1] * 23 + [0] * 17
    figures = published(known)
    figures = figures[~((figures["variable"] == "pets") & figures["group"].isin(["usual", "trained"]))]
    said = compared(("pets", "1", "*", "", "higher"))
    plan = Plan(figures, said, falls)
    made = persons(cohort(plan, None, np.random.default_rng(1)), falls)
    assert comparisons_held(said, figures, made, falls)["verdict"].tolist() == [MET]
    block = next(block for block in plan.blocks if block.columns == ("pets",))
    sizes = plan.cells.assign(persons=[10, 15, 30, 25])
    table = np.column_stack([[6, 7, 18, 12], [4, 8, 12, 13]])
    allowed = of_comparisons(plan.comparisons, block.levels, sizes, table, falls)[-1]
    assert allowed.low <= 23


def test_real_cohorts_lie_within_the_limits_unless_the_study_file_says_otherwise(falls, tmp_path):
    assert limits(falls) == Limits() and Limits().outside > 1.5 and Limits().significant < 2
    narrower = study_of(tmp_path, STUDY + "[synthesis.limits]\noutside = 0.8\n")
    assert limits(narrower).outside == 0.8 and limits(narrower).null == Limits().null
    with pytest.raises(InputError, match="inside is no limit"):
        limits(study_of(tmp_path, STUDY + "[synthesis.limits]\ninside = 0.8\n"))


def test_a_cohort_out_of_reach_leaves_the_rest_of_its_family(falls, monkeypatch):
    true = synthesis.calibrate
    asked = []

    def sometimes(people, claims):
        asked.append(len(asked))
        if len(asked) <= synthesis.DRAWS:
            raise synthesis.OutOfReach([Problem("far away", "claims.csv")])
        return true(people, claims)

    monkeypatch.setattr(synthesis, "calibrate", sometimes)
    claims = claimed(("frail", "risk", NAN, NAN, "significant"))
    found = family(published(patients(7)), NONE, claims, falls, 10, 2, n_jobs=1)
    assert found["cohort"].unique().tolist() == [11] and list(found.attrs["lost"]) == ["10"]
    monkeypatch.setattr(
        synthesis, "calibrate", lambda *_: (_ for _ in ()).throw(synthesis.OutOfReach([Problem("far away")]))
    )
    with pytest.raises(InputError, match="far away"):
        family(published(patients(7)), NONE, claims, falls, 10, 1, n_jobs=1)


def test_a_figure_that_gave_way_in_a_draw_without_room_is_not_held_against_the_next(falls, monkeypatch):
    true, tried = synthesis.finish, []

    def without_room_at_first(people):
        tried.append(people)
        if len(tried) == 1:
            people.plan.dropped["pets.1.home.percent"] = Dropped(1, 1, 2)
            raise synthesis.OutOfReach([Problem("nobody has room")])
        return true(people)

    monkeypatch.setattr(synthesis, "finish", without_room_at_first)
    assert len(cohort(Plan(published(patients(7)), NONE, falls), None, np.random.default_rng(1))) == 400


def test_odds_ratios_of_a_family_lie_all_over_their_printed_range(falls):
    """A search that stops at its first hit would leave them on the edge that is nearer to the tables alone."""
    known = patients(8)
    b = model_of(known)[0][1]
    claims = claimed(("frail", "risk", np.exp(b - 0.4), np.exp(b + 0.4), "significant"))
    plan, places = Plan(published(known), NONE, falls), []
    for seed in range(6):
        made = persons(cohort(plan, claims, np.random.default_rng(seed)), falls)
        X = np.column_stack([np.ones(len(made)), made["frail"].astype(float)])
        places.append(fit(X, (made["fall"].astype(str) == "yes").to_numpy(float))[0][1])
    assert max(places) - min(places) > 0.25


def test_how_far_a_count_can_be_pushed_is_told_a_unit(falls):
    known = patients(9)
    b, _ = model_of(known)
    step = np.exp(b[2] / 1000)
    claims = claimed(("steps", "protective", step - 0.00005, step + 0.00005, "significant"))
    found = reach(published(known), NONE, claims, falls, 1)
    assert (
        found["factor"].tolist() == ["steps"] and 0.9 < found["lowest"].item() <= step <= found["highest"].item() < 1.1
    )


def test_every_statement_of_the_other_report_has_a_verdict(falls):
    figures, said = published(patients(10)), compared(("frail", "1", "", "none", ""))
    claims = claimed(("frail", "risk", NAN, NAN, "significant"))
    made = persons(cohort(Plan(figures, NONE, falls), claims, np.random.default_rng(1)), falls)
    assert set(verdicts(figures, said, claims, made, falls)["kind"]) == {"figure", "comparison", "claim"}


def test_an_order_of_unknown_columns_is_refused(tmp_path):
    with pytest.raises(InputError, match="age_of_house"):
        Plan(
            published(patients(1)),
            NONE,
            study_of(tmp_path, STUDY + '[[synthesis.order]]\nfirst = "age_of_house"\nsecond = "age"\n'),
        )


def test_a_report_that_does_not_say_how_many_persons_it_is_about_is_refused(falls):
    figures = published(patients(1))
    with pytest.raises(InputError, match="how many persons"):
        Plan(figures[figures["variable"] != "patient"], NONE, falls)


def test_an_outcome_may_be_derived_and_a_model_without_claims_is_left_free(tmp_path):
    text = STUDY.replace("[outcomes]", 'unsteady = { label = "Unsteady", any_of = ["dizzy", "frail"] }\n[outcomes]')
    text = text.replace(
        "[candidates]", 'unsteady = { label = "Unsteady", variable = "unsteady", event = "1" }\n[candidates]'
    )
    more = 'unsteady = { label = "Unsteady", outcome = "unsteady", candidates = ["training", "pets"] }\n'
    study = study_of(tmp_path, text.replace("[rules.sums]", more + "[rules.sums]"))
    claims = claimed(("pets", "risk", NAN, NAN, "significant")).assign(model="unsteady", outcome="unsteady")
    made = persons(cohort(Plan(published(patients(11)), NONE, study), claims, np.random.default_rng(1)), study)
    held = claims_held(claims, made, study)
    assert set(held["verdict"]) == {MET} and held["statement"].str.startswith("unsteady").all()


def test_an_order_that_leaves_nobody_room_is_named(tmp_path):
    study = study_of(tmp_path, STUDY + '[[synthesis.order]]\nfirst = "age_at_first_fall"\nsecond = "age"\nleast = 60\n')
    with pytest.raises(InputError, match=r"age\w*: .*leave \d+ persons no value"):
        cohort(Plan(published(patients(1)), NONE, study), None, np.random.default_rng(1))


def test_no_claims_make_cohorts_of_the_tables_alone(falls):
    figures = published(patients(1))
    made = persons(cohort(Plan(figures, NONE, falls), claimed(), np.random.default_rng(1)), falls)
    assert set(figures_held(figures, made, falls)["verdict"]) == {MET}
