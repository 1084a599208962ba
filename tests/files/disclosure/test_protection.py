"""Nothing that rests on few persons is left in what a report may see, and what is left gives nothing back."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from keepsafe import InputError, compare_groups, load_codebook, load_cohort, load_figures, load_study, runs
from keepsafe.files import disclosure
from keepsafe.files.cleaning import with_derived
from keepsafe.files.disclosure import WHY, Limits
from keepsafe.files.disclosure.protection import protect
from keepsafe.statistics.design import make_design
from keepsafe.statistics.recompute import recompute, responses
from keepsafe.study.parts import Group, Model, Outcome

LIMITS = Limits(10, 5)
STUDY = load_study()


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    return load_cohort()


@pytest.fixture(scope="module")
def made(cohort):
    return protect(cohort, STUDY, LIMITS)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("threshold=10,round=5", Limits(10, 5)),
        (" threshold = 20 , round=1", Limits(20, 1)),
        ("off", None),
        ("threshold=10,round=5,whole=shown", Limits(10, 5, True)),
    ],
)
def test_rules_are_read(text, limits):
    assert Limits.parse(text) == limits
    assert limits is None or Limits.parse(str(limits)) == limits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10,5",
        "threshold=1,round=1",
        "threshold=10,round=20",
        "threshold=10",
        "on",
        "threshold=10,round=5,whole=yes",
        "threshold=１０,round=5",
    ],
)
def test_rules_of_another_form_are_refused_with_the_form_to_write(text):
    with pytest.raises(InputError, match="write threshold=10,round=5"):
        Limits.parse(text)


def test_counts_are_rounded_to_the_multiple_below_or_above_and_right_on_average():
    drawn = np.array([LIMITS.rounded(np.array([0, 10, 11, 12, 13, 14, 54]), which) for which in range(400)])
    assert set(drawn[:, 0]) == {0} and set(drawn[:, 1]) == {10} and set(drawn[:, 6]) == {50, 55}
    assert np.abs(drawn.mean(axis=0) - [0, 10, 11, 12, 13, 14, 54]).max() < 0.5
    assert Limits(10, 1).rounded(7) == 7


def test_who_is_counted_and_what_the_files_hold_decide_on_the_rounding_and_nothing_else(monkeypatch):
    def shown(frame, content, **turned):
        monkeypatch.setattr(disclosure, "content", lambda: content)
        found = compare_groups(frame.assign(**turned), ["a", "level"], by="g", joined={"level": ["p|q"]})
        return found.set_index(["variable", "level", "group"])[["n", "denominator", "k"]]

    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"g": rng.integers(0, 2, 300), "a": rng.integers(0, 2, 300), "level": rng.choice(list("pqrs"), 300)}
    )
    monkeypatch.setattr(runs, "rules", lambda: "threshold=10,round=5")
    first = shown(frame, b"one 300")
    assert first.equals(shown(frame.sample(frac=1, random_state=1), b"one 300"))
    assert first["k"].dropna().mod(5).eq(0).all() and frame["a"].sum() % 5
    union = frame["level"].isin(["p", "q"]).astype(int)  # the same persons under another name
    renamed = shown(frame, b"one 300", a=union)["k"]
    groups = ["total", *first.index.get_level_values("group").unique()[1:]]
    assert all(renamed["a", "1", each] == first.at[("level", "p|q", each), "k"] for each in groups)
    redrawn = [(shown(frame, b"%d 300" % each) != first).to_numpy(bool, na_value=False).mean() for each in range(8)]
    assert 0.15 < np.mean(redrawn) < 0.45  # a third shows another multiple


def test_the_same_count_is_the_same_in_tables_sentences_responses_and_models(monkeypatch, cohort, made):
    monkeypatch.setattr(runs, "rules", lambda: "threshold=10,round=5")
    monkeypatch.setattr(disclosure, "content", lambda: b"something 205")
    monkeypatch.setattr(runs, "withheld", lambda *_: json.loads(made.facts()))
    persons, figures = made.cohort, load_figures()
    sentences = recompute(figures, persons, STUDY)
    asked = figures[figures["statistic"].eq("percent") & figures["stratum"].eq("") & figures["unit"].eq("persons")]
    names = [STUDY.column(*pair) for pair in zip(asked["variable"], asked["phase"], strict=True)]
    known = sorted({name for name in names if name in persons} - {"risk_group", "cse"})
    table = compare_groups(persons, known, by=STUDY, denominators="known")
    table = table.drop_duplicates(["variable", "level", "group"]).set_index(["variable", "level", "group"])
    pairs = 0
    for place, name in zip(asked.index, names, strict=True):
        key = (name, str(asked.at[place, "level"]), asked.at[place, "group"])
        if pd.notna(sentences.at[place, "k"]) and key in table.index and pd.notna(table.at[key, "k"]):
            assert sentences.at[place, "k"] == table.at[key, "k"], key
            assert key[1] != "1" or sentences.at[place, "n"] == table.at[key, "denominator"], key
            pairs += 1
    assert pairs > 20
    fit = make_design(persons, "cse", ["female"])
    cse = recompute(figures, persons, STUDY).loc[figures["id"].eq("L110.cse.total.count"), ["n", "k"]]
    assert [fit.n, fit.events] == cse.iloc[0].tolist() and LIMITS.rounded(205) == fit.n
    counted = responses(persons, STUDY, ["total"]).query("question == 'provided'").set_index("response")
    again = compare_groups(persons, [f"{name}_provided" for name in counted.index], by=STUDY).query("group == 'total'")
    assert counted["k"].tolist() == again.drop_duplicates("variable")["k"].tolist()


def small_cells(frame: pd.DataFrame) -> dict[str, list[int]]:
    """Counts of 1 to 9 of each coded variable of a frame, in all and by the study's groups."""
    found = {}
    for name in frame:
        if name in STUDY.codebook and not STUDY.codebook[name].coded:
            continue
        values = frame[name].astype("str").where(frame[name].notna(), "missing")
        tables = [pd.crosstab(values, frame[by]) for by in ("risk_group", "cse") if by != name]
        cells = [int(cell) for table in tables for cell in table.to_numpy().ravel() if 0 < cell < 10]
        cells += [int(cell) for cell in values.value_counts() if cell < 10]
        if cells:
            found[name] = cells
    return found


def test_no_variable_that_stands_has_a_small_cell(cohort, made):
    assert len(small_cells(cohort)) > 50  # there is something to find
    assert small_cells(made.cohort.drop(columns="person_id")) == {}


def test_identifiers_do_not_leave(cohort, made):
    assert "file_id" not in made.cohort
    assert made.cohort["person_id"].tolist() == list(range(1, len(cohort) + 1))


def test_everything_withheld_is_in_the_log_with_its_reason_and_without_a_number(cohort, made):
    logged = " ".join(made.log["name"])
    gone = set(cohort) - set(made.cohort) - {"file_id"}
    assert gone and all(f"({name})" in logged for name in gone)
    assert not made.log["why"].str.contains(r"\d").any() and made.log["why"].ne("").all()


def test_candidates_of_a_model_have_no_small_cell_with_its_outcome(made):
    for model in made.models.values():
        event = made.cohort[model.outcome.variable].astype("str") == model.outcome.event
        for name in model.candidates:
            if made.cohort[name].dropna().isin([0, 1]).all():
                cells = pd.crosstab(made.cohort[name].astype("str"), event).to_numpy()
                assert not ((cells > 0) & (cells < 10)).any(), (model.name, name)


@pytest.fixture
def tiny(tmp_path):
    """A study of two groups with three 0/1 variables, a sum of them and a union of two."""
    (tmp_path / "codebook.csv").write_text(
        "name,label,question,phase,type,levels,missing,reference,sensitive,source_line\n"
        + "".join(f"{name},{name.upper()},Q,,binary,0=no; 1=yes,-9=not known,0,no,\n" for name in ("g", "a", "b", "c"))
        + "total,TOTAL,Q,,count,0..3,-9=not known,,no,\n",
        encoding="utf-8",
    )
    (tmp_path / "study.toml").write_text(
        '[study]\ntitle = "T"\n[groups]\nno = { label = "No", variable = "g", value = "0" }\n'
        'yes = { label = "Yes", variable = "g", value = "1" }\n'
        '[derived]\na_or_b = { label = "A or B", any_of = ["a", "b"] }\n'
        '[rules.sums]\ntotal = ["a", "b", "c"]\n',
        encoding="utf-8",
    )
    return load_study(tmp_path / "study.toml", load_codebook(tmp_path / "codebook.csv"))


def of(counts: dict[tuple[int, ...], int]) -> pd.DataFrame:
    """A cohort from the number of persons with each pattern of g, a, b, c."""
    rows = [pattern for pattern, n in counts.items() for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["g", "a", "b", "c"]).astype("Int64")
    union = (frame[["a", "b"]].sum(axis=1) > 0).astype("Int64")
    return frame.assign(total=frame[["a", "b", "c"]].sum(axis=1).astype("Int64"), a_or_b=union)


SAFE = {pattern: 20 for pattern in itertools.product((0, 1), repeat=4)}


def test_where_every_cell_is_large_everything_stands(tiny):
    assert protect(of(SAFE), tiny, LIMITS).withheld == ()


def test_a_withheld_part_takes_the_sum_and_the_union_with_it(tiny):
    few = {pattern: 20 if not pattern[2] else 1 for pattern in SAFE}  # b is rare
    made = protect(of(few), tiny, LIMITS)
    assert set(made.withheld) == {"b", "total", "a_or_b"}


def test_a_union_is_withheld_where_its_parts_go_together_in_few_persons(tiny):
    few = {pattern: 1 if pattern[1] and pattern[2] else 30 for pattern in SAFE}  # a and b hardly ever together
    made = protect(of(few), tiny, LIMITS)
    assert "a_or_b" in made.withheld and {"a", "b"} <= set(made.cohort)


@pytest.mark.parametrize(("unknown", "withheld"), [(40, False), (4, True)])
def test_parts_that_are_not_known_count_among_what_goes_together(tiny, unknown, withheld):
    cohort = of({pattern: 160 for pattern in SAFE})
    for name in ("a", "b"):
        cohort[name] = cohort[name].astype("str").astype("category")  # as a variable with levels is held
        for _, part in cohort.groupby(["g", "a", "b"], observed=True):
            cohort.loc[part.index[: 10 if name == "a" else unknown], name] = None
    assert ("a_or_b" in protect(cohort, tiny, LIMITS).withheld) is withheld


def test_a_variable_that_lies_within_another_but_for_few_is_withheld(tiny):
    counts = {pattern: 25 for pattern in SAFE if pattern[1] >= pattern[3]}  # c only where a
    for pattern in counts:
        if pattern[1] and not pattern[3]:
            counts[pattern] = 2  # and nearly always where a
    made = protect(of(counts), tiny, LIMITS)
    assert "c" in made.withheld and "a" in made.cohort


def bounds(frame: pd.DataFrame, shown: list[str], target: np.ndarray, group: int) -> tuple[float, float]:
    """The least and the most that a cell can be, from rounded counts of what is shown, by linear programming.

    The unknowns are how many persons of each group have each pattern of a, b, c; `target` marks the patterns counted.
    """
    patterns = list(itertools.product((0, 1), repeat=4))
    rows, limits = [], []

    def know(marks, count):
        low, high = LIMITS.rounded(count) - 4, LIMITS.rounded(count) + 4
        rows.extend([marks, -np.array(marks)])
        limits.extend([high, -low])

    for g in (0, 1):
        part = frame[frame["g"] == g]
        know([float(p[0] == g) for p in patterns], len(part))
        for name in shown:
            has = {"a": lambda p: p[1], "b": lambda p: p[2], "c": lambda p: p[3], "a_or_b": lambda p: p[1] | p[2]}[name]
            know([float(p[0] == g and has(p)) for p in patterns], int(part[name].sum()))
    cost = np.array([float(p[0] == group and bool(mark)) for p, mark in zip(patterns, target, strict=True)])
    ends = [linprog(sign * cost, A_ub=np.array(rows), b_ub=limits, bounds=(0, None)).fun * sign for sign in (1, -1)]
    return tuple(ends)


@pytest.mark.parametrize("seed", range(12))
def test_no_small_cell_can_be_bounded_within_the_small_ones(tiny, seed):
    """Neither of one variable nor of two together, from all that is shown; without protection some can."""
    rng = np.random.default_rng(seed)
    frame = of({pattern: int(n) for pattern, n in zip(SAFE, rng.choice([0, 1, 3, 8, 25, 60], 16), strict=True)})
    made = protect(frame, tiny, LIMITS)
    shown = [name for name in ("a", "b", "c", "a_or_b") if name in made.cohort]
    patterns = list(itertools.product((0, 1), repeat=4))
    for place, name in ((1, "a"), (2, "b"), (3, "c")):
        for g in (0, 1):
            if 0 < frame.loc[frame["g"] == g, name].sum() < 10:
                low, high = bounds(frame, shown, [p[place] for p in patterns], g)
                assert low < 0.5 or high > 9.5, (name, g, low, high)
    if "a_or_b" in shown:
        for mark in ([p[1] and p[2] for p in patterns], [p[1] and not p[2] for p in patterns]):
            for g in (0, 1):
                low, high = bounds(frame, shown, mark, g)
                assert low < 0.5 or high > 9.5, (g, low, high)


def test_without_protection_a_difference_would_show_few_persons(tiny):
    few = {pattern: 1 if pattern[1] and pattern[2] else 30 for pattern in SAFE}
    frame = of(few)
    exact = Limits(10, 1)
    counts = frame[frame["g"] == 1][["a", "b", "a_or_b"]].sum()
    assert 0 < counts["a"] + counts["b"] - counts["a_or_b"] < exact.threshold


def test_the_published_tables_would_lose_cells(made):
    """The 2019 tables hold cells under 10; a run on real files under these rules would not show them."""
    assert {"parents_p1", "rejection_p2", "lived_homeless_p2"} <= set(made.withheld)


def test_a_mean_that_one_person_dominates_is_withheld(tiny):
    frame = of({pattern: 40 for pattern in SAFE})
    number = pd.Series(np.tile([0, 1, 2, 3], len(frame) // 4), dtype="Int64")
    assert "total" not in protect(frame.assign(total=number.to_numpy()), tiny, LIMITS).withheld
    number[17] = 184_250
    assert "total" in protect(frame.assign(total=number.to_numpy()), tiny, LIMITS).withheld


def test_a_group_that_is_all_of_one_level_is_withheld_unless_the_rule_shows_it(tiny):
    counts = {pattern: 40 for pattern in SAFE if not (pattern[0] == 1 and pattern[1] == 0)}  # everybody in g has a
    frame = of(counts)
    assert "a" in protect(frame, tiny, LIMITS).withheld
    shown = protect(frame, tiny, Limits(10, 5, True))
    assert "a" in shown.cohort and "whole=shown" in " ".join(shown.log["name"])


def test_few_persons_in_no_group_are_left_out_of_everything_and_many_are_a_group(tiny):
    frame = of({pattern: 40 for pattern in SAFE})
    few, many = frame.copy(), frame.copy()
    few.loc[few.index[:4], "g"] = pd.NA
    assert len(protect(few, tiny, LIMITS).cohort) == len(few) - 4
    nowhere = many.index[:14]
    many.loc[nowhere, "g"] = pd.NA
    many.loc[nowhere, "a"] = [1, 1, *[0] * 12]
    made = protect(many, tiny, LIMITS)
    assert len(made.cohort) == len(many) and "a" in made.withheld


def test_a_level_that_lies_within_another_variables_but_for_few_is_withheld(tiny):
    frame = of({pattern: 40 for pattern in SAFE})
    frame["b"] = frame["a"]
    frame.loc[frame.index[frame["a"] == 1][:4], "b"] = 0  # full time is within employed, but for four
    frame["a"] = frame["a"].map({0: "une", 1: "emp"}).astype("category")
    assert len({"a", "b"} & set(protect(frame, tiny, LIMITS).withheld)) == 1


@pytest.mark.parametrize(("few", "withheld"), [(0, set()), (3, {"c"}), (20, set())])
def test_two_that_few_have_together_do_not_stand_beside_their_union(tiny, few, withheld):
    """Each holds many, and neither lies within another but for few: a + b - c are those who have both."""
    frame = of(
        {pattern: 40 for pattern in SAFE if pattern[1] + pattern[2] < 2 and pattern[3] == pattern[1] | pattern[2]}
    )
    both = frame.index[(frame["a"] == 1) & (frame["g"] == 1)][:few]
    frame.loc[both, "b"] = 1
    frame = frame.assign(total=np.tile([0, 1, 2, 3], len(frame) // 4), a_or_b=pd.NA)
    assert set(protect(frame.drop(columns="a_or_b"), tiny, LIMITS).withheld) == withheld


@pytest.mark.parametrize(("few", "withheld"), [(3, {"c"}), (20, set())])
def test_two_do_not_stand_beside_who_has_one_of_both_where_a_cell_of_them_is_of_few(tiny, few, withheld):
    """Then, later, and whether it changed: then less later, and those who changed, are twice those who lost it."""
    frame = of({pattern: 40 for pattern in SAFE if pattern[1] <= pattern[2]})
    lost = frame.index[(frame["a"] == 1) & (frame["g"] == 1)][:few]
    frame.loc[lost, "b"] = 0
    frame = frame.assign(c=frame["a"].ne(frame["b"]).astype("Int64"), total=np.arange(len(frame)) % 4)
    assert set(protect(frame.drop(columns="a_or_b"), tiny, LIMITS).withheld) == withheld


def test_a_number_of_two_values_is_counted(tiny):
    frame = of({pattern: 40 for pattern in SAFE})
    assert "total" not in protect(frame.assign(total=frame["a"]), tiny, LIMITS).withheld
    nearly = frame["a"].mask(frame.index == frame.index[frame["a"] == 1][0], 0)
    assert "total" in protect(frame.assign(total=nearly), tiny, LIMITS).withheld
    rare = pd.Series(np.where(frame.index < 4, 20, 10), dtype="Int64")
    assert "total" in protect(frame.assign(total=rare), tiny, LIMITS).withheld


def test_what_everybody_has_is_withheld_without_groups_too_and_a_mean_of_nought_as_any_other(tiny):
    alone = replace(tiny, groups={})
    frame = of({pattern: 40 for pattern in SAFE})
    assert "c" in protect(frame.assign(c=1), alone, LIMITS).withheld
    assert "c" in protect(frame.assign(c=1), alone, Limits(10, 5, True)).cohort
    nought = frame.assign(total=frame["total"].where(frame["g"] == 0, 0))
    assert "total" in protect(nought, tiny, LIMITS).withheld and "total" in protect(nought, alone, LIMITS).cohort


def test_whoever_is_left_out_for_one_group_may_leave_few_in_none_of_another(tiny):
    frame, groups = of({pattern: 40 for pattern in SAFE}), tiny.groups | {"c": Group("c", "C", "c", "1")}
    frame.loc[:11, "g"] = pd.NA
    frame.loc[7:14, "c"] = pd.NA
    made = protect(frame, replace(tiny, groups=groups), LIMITS)
    assert len(made.cohort) == len(frame) - 15 and not {"a", "b", "c"} & set(made.withheld)


def test_a_group_of_few_goes_and_leaves_what_can_be_told_of_all(tiny):
    frame = of({pattern: 40 for pattern in SAFE})
    few = frame.assign(g=(frame.index < 6).astype(int))
    assert protect(few, tiny, LIMITS).withheld == ("g",)
    two = replace(tiny, groups=tiny.groups | {"c": Group("c", "C", "c", "1")})
    crossed = frame.assign(c=frame["g"].mask(frame.index < 4, 1))  # four are in c and not in g
    assert protect(crossed, two, LIMITS).withheld == ("c", "total")


@pytest.mark.parametrize(("few", "withheld"), [(0, set()), (3, {"a", "total", "a_or_b"}), (30, set())])
def test_of_a_group_within_another_the_difference_of_both_is_of_nobody_or_many(tiny, few, withheld):
    two = replace(tiny, groups=tiny.groups | {"c": Group("c", "C", "c", "1")})
    frame = of({pattern: 40 for pattern in SAFE if pattern[3] <= pattern[0]})  # everybody in c is in g
    alone = frame.index[(frame["g"] == 1) & (frame["c"] == 0)]
    frame.loc[alone, "a"] = 0
    frame.loc[alone[::5][:few], "a"] = 1
    if few == 0:  # nobody who is in g alone has it
        withheld = {"a", "total", "a_or_b"}
    frame["a_or_b"] = frame[["a", "b"]].max(axis=1)
    made = protect(frame, two, LIMITS)
    assert set(made.withheld) == withheld and {"g", "c"} <= set(made.cohort)


def test_a_variable_of_which_nothing_is_known_is_withheld_and_the_report_goes_on(tiny):
    frame = of({pattern: 40 for pattern in SAFE})
    assert protect(frame.assign(g=pd.NA, total=pd.NA), tiny, LIMITS).withheld == ("g", "total")
    assert protect(frame.iloc[:8].assign(g=pd.NA), tiny, LIMITS).cohort.empty


def test_weak_rules_are_warned_of_and_stand_in_the_log(tiny):
    with pytest.warns(UserWarning, match="differences between counts are exact"):
        Limits.asked("threshold=4,round=1", synthetic=False)
    log = protect(of(SAFE), tiny, Limits(4, 1)).log
    assert log["what"].eq("rule").sum() == 2


MERGED = """
[study]
title = "T"
[derived]
p = { label = "P", variable = "k", one_of = ["p"] }
pq = { label = "P or Q", variable = "k", one_of = ["p", "q"] }
pr = { label = "P or R", variable = "k", one_of = ["p", "r"] }
qr = { label = "Q or R", variable = "k", one_of = ["q", "r"] }
[outcomes]
ill = { label = "Ill", variable = "ill", event = "1" }
hurt = { label = "Hurt", variable = "hurt", event = "1" }
[candidates]
one = ["p"]
two = ["pq"]
three = ["pr", "qr"]
[models]
first = { label = "M", outcome = "ill", candidates = ["one"] }
second = { label = "M", outcome = "ill", candidates = ["one", "two"] }
third = { label = "M", outcome = "ill", candidates = ["three"] }
other = { label = "M", outcome = "hurt", candidates = ["three"] }
"""


def test_the_levels_of_one_variable_are_merged_in_two_ways_at_most_in_the_models_of_an_outcome(tmp_path):
    """Each way carries its own noise, and from all ways the levels follow without."""
    (tmp_path / "codebook.csv").write_text(
        "name,label,question,phase,type,levels,missing,reference,sensitive,source_line\n"
        "k,K,Q,,category,p=p; q=q; r=r; s=s; t=t,,p,no,\n"
        "ill,I,Q,,binary,0=no; 1=yes,,0,no,\nhurt,H,Q,,binary,0=no; 1=yes,,0,no,\n",
        encoding="utf-8",
    )
    (tmp_path / "study.toml").write_text(MERGED, encoding="utf-8")
    study = load_study(tmp_path / "study.toml", load_codebook(tmp_path / "codebook.csv"))
    place = np.arange(400)
    frame = pd.DataFrame({"k": np.array(list("pqrst"))[place % 5], "ill": place // 5 % 2, "hurt": place // 10 % 2})
    merged = {name: frame["k"].isin(list(name)).astype("Int64") for name in ("p", "pq", "pr", "qr")}
    made = protect(frame.assign(k=pd.Categorical(frame["k"]), **merged), study, LIMITS)
    assert {name: model.candidates for name, model in made.models.items()} == {
        "first": ("p",),
        "second": ("p", "pq"),
        "other": ("pr", "qr"),
    }
    assert made.log.loc[made.log["what"].eq("candidate"), "why"].tolist() == [WHY, WHY]


DRUGS = """
[study]
title = "T"
[derived]
any = { label = "Any", variable = "k", one_of = ["one", "other", "both"], otherwise = "0" }
first = { label = "One", variable = "k", one_of = ["one", "both"], otherwise = "0" }
second = { label = "Other", variable = "k", one_of = ["other", "both"], otherwise = "0" }
none = { label = "None", variable = "k", one_of = ["none"], otherwise = "0" }
"""


@pytest.mark.parametrize(
    ("both", "unknown", "withheld"), [(3, 0, {"second"}), (30, 0, set()), (0, 0, set()), (30, 4, {"none"})]
)
def test_levels_merged_in_several_ways_leave_no_sum_of_them_that_is_of_few(tmp_path, both, unknown, withheld):
    """One and both, other and both, any: the first two less the third are those with both."""
    head = "name,label,question,phase,type,levels,missing,reference,sensitive,source_line\n"
    row = "k,K,Q,,category,none=n; one=o; other=r; both=b,-9=not known,none,no,\n"
    (tmp_path / "codebook.csv").write_text(head + row, encoding="utf-8")
    (tmp_path / "study.toml").write_text(DRUGS, encoding="utf-8")
    study = load_study(tmp_path / "study.toml", load_codebook(tmp_path / "codebook.csv"))
    levels = np.repeat(["none", "one", "other", "both", "-9"], [200, 80, 60, both, unknown])
    cohort = with_derived(pd.DataFrame({"k": pd.Categorical(np.where(levels == "-9", None, levels))}), study)
    assert {"any", "first", "second", "none"} - set(protect(cohort, study, LIMITS).cohort) == withheld


def test_models_whose_cases_differ_by_few_are_not_both_shown(tiny):
    from keepsafe.files.disclosure.protection import _apart

    event, left_out = np.tile([True, False], 100), []
    first, second = np.arange(200) < 60, np.arange(200) < 64
    assert _apart(first, event, left_out, LIMITS) and not _apart(second, event, left_out, LIMITS)
    assert _apart(np.arange(200) < 120, event, left_out, LIMITS)
    assert not _apart(np.arange(200) < 3, event, [], LIMITS)


@pytest.mark.parametrize(("few", "stand"), [(3, ("a", "b")), (30, ("a", "b", "c")), (0, ("a", "b", "c"))])
def test_who_is_left_out_for_one_more_factor_and_no_other_is_nobody_or_many(tiny, few, stand):
    frame = of({pattern: 80 for pattern in SAFE}).sample(frac=1, random_state=1, ignore_index=True)
    place = frame.index
    first, second = place < 120, place >= 1160
    third = (place < 60) | (place >= 1220) | ((place >= 600) & (place < 600 + few))
    for name, unknown in (("a", first), ("b", second), ("c", third)):
        frame.loc[unknown, name] = pd.NA
    outcome = Outcome("g", "G", "g", "1")
    models = {name: Model(name, name, outcome, factors) for name, factors in (("m", stand[:2]), ("n", ("a", "b", "c")))}
    made = protect(frame.drop(columns="a_or_b"), replace(tiny, groups={}, models=models), LIMITS)
    assert made.models["m"].candidates == ("a", "b") and made.models["n"].candidates == stand
