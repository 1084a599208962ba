"""On a made-up second document the audit raises no false alarm, and finds every error that is planted."""

import pandas as pd
import pytest

from keepsafe.audit import audit
from keepsafe.problems import InputError
from keepsafe.study import load_study
from keepsafe.study.codebook import load_codebook


@pytest.fixture(scope="module")
def clean(made_up):
    p = made_up.pupils(1)
    return made_up.figures(p), made_up.comparisons(p)


@pytest.mark.parametrize("half_even", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_clean_document_raises_no_false_alarm(made_up, meaning, seed, half_even):
    p = made_up.pupils(seed)
    figures, comparisons = made_up.figures(p, half_even), made_up.comparisons(p)
    for given in ((), meaning):
        found = audit(figures, comparisons, *given)
        told = set() if given else {"not checked"}  # without a study file nothing defines some contrasts
        assert set(found["verdict"]) - told == {"holds"}, found.loc[found["verdict"] != "holds", "explanation"].tolist()


def test_without_a_study_groups_and_levels_are_still_checked(clean):
    kinds = set(audit(*clean)["check"])
    assert {"percentage", "groups", "levels", "union of levels", "pooled mean", "pooled SD", "range"} <= kinds


def test_with_a_study_every_kind_of_check_is_made(clean, meaning):
    kinds = set(audit(*clean, *meaning)["check"])
    assert kinds == {
        "percentage", "denominator", "groups", "levels", "union of levels", "items", "part", "strata",
        "mean of items", "whole-number mean", "pooled mean", "pooled SD", "range", "SD and range",
        "prose", "words", "count and percentage", "marker", "wording", "direction", "most",
        "table and text", "by strata",
    }  # fmt: skip


def moved(figure: str, by: int):
    """Move persons in or out of one percentage."""

    def change(figures, comparisons):
        row = figures["id"] == figure
        n = int(figures.loc[row, "n_printed"].iloc[0])
        k = round(float(figures.loc[row, "value"].iloc[0]) * n / 100) + by
        figures.loc[row, "value"] = f"{100 * k / n:.1f}"

    return change


def set_to(figure: str, value: str):
    def change(figures, comparisons):
        figures.loc[figures["id"] == figure, "value"] = value

    return change


def other_denominator(figures, comparisons):
    """A column of percentages worked out with two cases fewer than it says."""
    column = (figures["source"] == "table_1") & (figures["group"] == "late") & (figures["stratum"] == "")
    for i in figures.index[column & (figures["statistic"] == "percent")]:
        n = int(figures.at[i, "n_printed"])
        k = min(round(float(figures.at[i, "value"]) * n / 100), n - 2)
        figures.at[i, "value"] = f"{100 * k / (n - 2):.1f}"


def said(column: str, value: str, **where):
    def change(figures, comparisons):
        row = comparisons.index[(comparisons[list(where)] == list(where.values())).all(axis=1)][0]
        comparisons.loc[row, column] = value

    return change


def against_its_groups(figures, comparisons):
    """Girls significantly ahead in both sites, and significantly behind in all."""
    for group, way in (("north", "higher"), ("south", "higher"), ("total", "lower")):
        row = (comparisons["contrast"] == "sex") & (comparisons["stratum"] == group)
        comparisons.loc[row, ["wording", "direction"]] = "significant", way


def qualifier(value: str):
    def change(figures, comparisons):
        row = (figures["variable"] == "swims") & (figures["source"] == "text")
        figures.loc[row, "qualifier"] = value

    return change


SINGS_BY_SITE = dict(variable="sings", contrast="site")
READS_BY_SITE = dict(variable="reads", contrast="site")
MORE = dict(source="text", wording="none")

PLANTED = {
    "no whole count": (set_to("table_1.reads.1.early.percent", "77.7"), "percentage", "reads"),
    "another denominator": (other_denominator, "denominator", ""),
    "groups do not add up": (moved("table_1.reads.1.north.percent", 1), "groups", "reads"),
    "a level too many": (moved("table_1.travel.walk.south.percent", 2), "levels", "travel"),
    "a union off": (moved("table_1.travel.bus|car.late.percent", -1), "union of levels", "travel"),
    "items off": (moved("table_1.both_arts.1.early.percent", 1), "items", "paints"),
    "part above whole": (moved("table_1.swims_often.1.south.percent", 40), "part", "swims_often"),
    "stratum above group": (set_to("table_1.sings.1.south.girl.percent", "100.0"), "strata", "sings"),
    "mean of items off": (set_to("table_2.n_hobbies.total.mean", "2.31"), "mean of items", "n_hobbies"),
    "no whole sum": (set_to("table_2.n_hobbies.late.mean", "1.56"), "whole-number mean", "n_hobbies"),
    "pooled mean off": (set_to("table_2.visits.total.mean", "9.9"), "pooled mean", "visits"),
    "pooled SD off": (set_to("table_2.visits.total.sd", "9.9"), "pooled SD", "visits"),
    "range outside": (set_to("table_2.visits.north.max", "89"), "range", "visits"),
    "SD too large": (set_to("table_2.n_hobbies.early.sd", "3.90"), "SD and range", "n_hobbies"),
    "prose off": (set_to("text.paints.1.total.percent", "61"), "prose", "paints"),
    "count off": (set_to("table_1.reads.1.early.count", "9"), "count and percentage", "reads"),
    "word off": (qualifier("over"), "words", "swims"),
    "marker off": (said("marker", "***", source="table_1", **SINGS_BY_SITE), "marker", "sings"),
    "wording off": (said("wording", "significant", **SINGS_BY_SITE, **MORE), "wording", "sings"),
    "table against text": (said("wording", "significant", **SINGS_BY_SITE, **MORE),
                           "table and text", "sings"),
    "direction off": (said("direction", "same", source="text", **READS_BY_SITE), "direction", "reads"),
    "strata impossible": (against_its_groups, "by strata", "swims"),
}  # fmt: skip


@pytest.mark.parametrize(("plant", "check", "variable"), PLANTED.values(), ids=PLANTED)
def test_a_planted_error_is_found(clean, meaning, plant, check, variable):
    figures, comparisons = (frame.copy() for frame in clean)
    plant(figures, comparisons)
    assert not (figures.equals(clean[0]) and comparisons.equals(clean[1])), "nothing was planted"
    found = audit(figures, comparisons, *meaning)
    failed = found[(found["verdict"] != "holds") & (found["check"] == check)]
    assert variable in set(failed["variable"]), found.loc[found["verdict"] != "holds", ["check", "explanation"]]


def test_a_group_that_reaches_beyond_both_groups_of_the_other_split_is_found(clean):
    figures = clean[0].copy()
    set_to("table_2.visits.north.max", "89")(figures, None)
    found = audit(figures)
    row = found[(found["expected"] == "groups that can overlap") & (found["variable"] == "visits")]
    assert row["verdict"].tolist() == ["cannot hold"]


def test_half_of_what_is_said_of_most_is_not_most(clean, meaning):
    figures, comparisons = (frame.copy() for frame in clean)
    most = comparisons.index[comparisons["wording"] == "most"][:4]
    other = {"higher": "lower", "lower": "higher"}
    comparisons.loc[most, "direction"] = comparisons.loc[most, "direction"].map(other)
    found = audit(figures, comparisons, *meaning)
    assert found.loc[found["check"] == "most", ["printed", "verdict"]].values.tolist() == [["4 of 8", "cannot hold"]]


def test_several_documents_are_checked_apart(clean):
    figures = clean[0]
    changed = figures.copy()
    moved("table_1.reads.1.north.percent", 1)(changed, None)
    both = pd.concat([figures.assign(document="a"), changed.assign(document="b")], ignore_index=True)
    found = audit(both)
    assert set(found.loc[found["verdict"] != "holds", "document"]) == {"b"}


def test_a_codebook_alone_gives_the_levels(clean, meaning):
    kinds = set(audit(*clean, codebook=meaning[0])["check"])
    assert {"levels", "whole-number mean"} <= kinds and "items" not in kinds


def test_a_misspelt_variable_of_the_audit_section_is_refused(made_up, clean, tmp_path):
    made_up.meaning(tmp_path)
    file = tmp_path / "study.toml"
    file.write_text(file.read_text().replace('"swims"]', '"swim"]').replace('= "swims"', '= "swimms"'))
    codebook = load_codebook(tmp_path / "codebook.csv")
    with pytest.raises(InputError) as caught:
        audit(*clean, study=load_study(file, codebook))
    assert ["'swim'" in str(p) or "'swimms'" in str(p) for p in caught.value.problems] == [True, True]


def test_a_contrast_and_a_variable_that_nothing_names_are_told(clean, meaning):
    figures, comparisons = (frame.copy() for frame in clean)
    comparisons.loc[0, "contrast"] = "colour"
    comparisons.loc[1, "variable"] = "singgs"
    told = audit(figures, comparisons, *meaning)
    told = told[told["verdict"] == "not checked"]
    assert told["check"].tolist() == ["comparison", "comparison"]
    assert "nothing defines the contrast 'colour'" in told["explanation"].iloc[0]
    assert "no figure and no codebook has the variable 'singgs'; did you mean sings?" in told["explanation"].iloc[1]


def test_what_was_not_checked_has_a_row_when_it_is_asked_for(clean, meaning):
    figures, comparisons = clean
    lone = figures.iloc[[0]].assign(id="lone", variable="reads", group="north", stratum="boy", value="50", decimals=0,
                                    qualifier="about", n_printed=pd.NA, level="0")  # fmt: skip
    found = audit(pd.concat([figures, lone], ignore_index=True), comparisons, *meaning, unchecked=True)
    ids = set(" ".join(found["figures"]).split())
    assert ids >= {*figures["id"], "lone"}
    assert found.loc[found["figures"] == "lone", "verdict"].tolist() == ["not checked"]


def test_levels_printed_as_counts_are_spoken_of_as_counts(meaning):
    levels = list(meaning[0]["travel"].levels)
    counts = [43 - 5 * (len(levels) - 1), *[5] * (len(levels) - 1)]
    of = dict(source="table_1", variable="travel", group="total", stratum="", phase="", statistic="count", decimals=0,
              qualifier="exactly", unit="persons", n_printed=44, source_line=1)  # fmt: skip
    figures = pd.DataFrame([
        dict(of, id=f"travel.{level}", level=level, value=str(k)) for level, k in zip(levels, counts, strict=True)
    ])  # fmt: skip
    found = audit(figures, codebook=meaning[0])
    [(verdict, said)] = found.loc[found["check"] == "levels", ["verdict", "explanation"]].values.tolist()
    assert verdict == "cannot hold"
    assert said.endswith("= 43, not the whole group, which has 44, a difference of 1")
