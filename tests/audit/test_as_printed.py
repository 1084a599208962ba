"""Tables in the forms that papers print: rows beneath a name, headings in two rows, tests that nobody names."""

import io

import pandas as pd
import pytest
from openpyxl import Workbook
from openpyxl.styles import Alignment

from keepsafe import audit_table

FINDINGS = ["cannot hold", "holds only under"]
BENEATH = """characteristic,drug (n=158),placebo (n=154),p
"Age, years",,,0.018
  Mean (SD),51.42 (11.01),48.58 (9.96),
  Median (IQR),52 (43-60),48 (41-57),
Sex,,,0.421
  Male,21 (13.3),15 (9.7),
  Female,137 (86.7),139 (90.3),
Stage,,,0.201
  I,12 (7.6),4 (2.6),
  II,35 (22.2),32 (20.8),
  III,56 (35.4),64 (41.6),
  IV,55 (34.8),54 (35.1),
Comorbidities,,,
  Diabetes,30 (19.0),31 (20.1),0.91
  Hypertension,90 (57.0),80 (51.9),0.43
  Asthma,50 (31.6),50 (32.5),0.97
Oedema,30 (19.0),31 (20.1),
"""


def typed(text: str, **said) -> pd.DataFrame:
    return audit_table(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False), **said)


def findings(found: pd.DataFrame) -> list[list[str]]:
    bad = found[found["verdict"].isin(FINDINGS)]
    return bad[["check", "row", "verdict"]].values.tolist()


def sheet(path, rows, merged=(), indented=()):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for reach in merged:
        book.active.merge_cells(reach)
    for place in indented:
        book.active[place].alignment = Alignment(indent=1)
    book.save(path)
    return audit_table(path)


@pytest.mark.parametrize("shape", ["  ", "", "- ", "\u00a0\u00a0", "\u2022 "])
def test_rows_beneath_a_name_are_its_levels_however_they_are_set_off(shape):
    found = typed(BENEATH.replace("\n  ", "\n" + shape))
    levels = found[(found["check"] == "levels") & found["verdict"].eq("holds")]
    assert levels["row"].drop_duplicates().tolist() == ["Sex: Male; Sex: Female",
                                                        "Stage: I; Stage: II; Stage: III; Stage: IV"]  # fmt: skip
    assert findings(found) == []


@pytest.mark.parametrize("shape", ["  ", ""])
@pytest.mark.parametrize(("right", "wrong", "said"), [
    ("35 (22.2)", "45 (28.5)", "12 + 45 + 56 + 55 = 168, more than the group's 158"),
    ("139 (90.3)", "149 (96.8)", "15 + 149 = 164, more than the group's 154"),
])  # fmt: skip
def test_a_wrong_count_among_levels_beneath_a_name_is_found(shape, right, wrong, said):
    found = typed(BENEATH.replace(right, wrong).replace("\n  ", "\n" + shape))
    assert said in found.loc[found["verdict"].eq("cannot hold") & found["check"].eq("levels"), "explanation"].tolist()


def test_levels_of_a_workbook_are_told_by_their_indent(tmp_path):
    rows = [["x", "a (n=50)", "b (n=50)"], ["Stage", None, None], ["I", "20 (40.0)", "22 (44.0)"],
            ["II", "30 (60.0)", "28 (56.0)"], ["Oedema", "9 (18.0)", "8 (16.0)"]]  # fmt: skip
    found = sheet(tmp_path / "a.xlsx", rows, indented=("A3", "A4"))
    assert found.loc[found["check"] == "levels", "row"].unique().tolist() == ["Stage: I; Stage: II"]


def test_rows_beneath_a_name_that_make_no_whole_stand_alone_and_this_is_told():
    found = typed(BENEATH)
    told = found[(found["check"] == "levels") & found["verdict"].eq("not checked")]
    assert told["row"].tolist() == ["Diabetes; Hypertension; Asthma"]  # and not the oedema below
    assert "make up the whole of no column" in told["explanation"].item()
    assert {"Diabetes", "Hypertension", "Asthma", "Oedema"} <= set(found.loc[found["check"] == "percentage", "row"])


@pytest.mark.parametrize(("p", "verdict"), [("0.201", "holds"), ("0.021", "cannot hold")])
def test_a_p_beside_the_name_is_of_its_levels_together(p, verdict):
    beneath = typed(BENEATH.replace("Stage,,,0.201", f"Stage,,,{p}"))
    column = typed("variable,level,kind,drug (n=158),placebo (n=154),p\n"
                   f"stage,,n (%),,,{p}\nstage,1,,12 (7.6),4 (2.6),\nstage,2,,35 (22.2),32 (20.8),\n"
                   "stage,3,,56 (35.4),64 (41.6),\nstage,4,,55 (34.8),54 (35.1),\n")  # fmt: skip
    for found, row in ((beneath, "Stage: I"), (column, "stage: 1")):
        mine = found[(found["check"] == "p") & found["row"].eq(row)]
        assert mine["verdict"].tolist() == [verdict], found.to_string()


def test_a_p_beside_a_name_with_nothing_beneath_it_is_told():
    found = typed("variable,a (n=50),b (n=50),p\nfemale,20 (40.0),22 (44.0),0.69\nStage,,,0.03\n")
    assert found.loc[(found["check"] == "p") & found["row"].eq("Stage"), "verdict"].tolist() == ["not checked"]


def test_a_level_without_an_answer_is_left_out_of_the_test():
    text = ("variable,level,kind,a (n=60),b (n=60),p\nsmoker,yes,n,20,30,{}\nsmoker,no,n,38,22,\n"
            "smoker,missing,n,2,8,\n")  # fmt: skip
    p = typed(text.format("0.015"))  # 20 of 58 against 30 of 52
    assert p.loc[p["check"] == "p", "verdict"].tolist() == ["holds"]
    assert "cannot hold" in set(typed(text.format("0.300"))["verdict"])


SKEWED = "variable,kind,a (n=80),b (n=80),p{}\nbilirubin,mean (SD),2.87 (3.63),3.65 (5.28),0.84{}\n"
SKEWED += "female,n (%),20 (25.0),22 (27.5),{}\n"


def test_an_unnamed_test_of_skewed_values_may_be_of_ranks():
    found = typed(SKEWED.format("", "", ""))
    assert findings(found) == [["p", "bilirubin", "holds only under"]]
    assert "a rank test, as is usual for skewed values" in found.loc[found["check"] == "p", "under"].item()


@pytest.mark.parametrize(("head", "test", "verdict"), [
    (",test", ",t", "cannot hold"), (",test", ",Mann-Whitney", "not checked"), (" (Wilcoxon)", "", "not checked")
])  # fmt: skip
def test_a_named_test_settles_it(head, test, verdict):
    found = typed(SKEWED.format(head, test, "," if test else ""))
    assert found.loc[(found["check"] == "p") & found["row"].eq("bilirubin"), "verdict"].tolist() == [verdict]


def test_values_that_are_not_skewed_leave_no_room_for_a_rank_test():
    found = typed("variable,kind,a (n=80),b (n=80),p\nage,mean (SD),52.87 (9.63),53.65 (9.28),0.04\n")
    assert found.loc[found["check"] == "p", "verdict"].tolist() == ["cannot hold"]


def test_a_test_that_a_footnote_names_is_a_condition():
    found = typed("variable,kind,a (n=80),b (n=80),p\nage,mean (SD),52.87 (9.63),53.65 (9.28),0.04\n"
                  "P values are by Mann-Whitney U tests.,,,,\n")  # fmt: skip
    assert "the test that a note names" in found.loc[found["check"] == "p", "under"].item()


@pytest.mark.parametrize("cells", ["1.4 (0.8-3.2),1.3 (0.7-3.6)", "73 (40 to 121),73 (43 to 139)",
                                   '"1.4 [0.8, 3.2]","1.3 [0.7, 3.6]"'])  # fmt: skip
def test_medians_that_nothing_names_raise_no_finding(cells):
    found = typed(f"variable,a (n=80),b (n=80),p\nbilirubin,{cells},0.84\nfemale,20 (25.0),22 (27.5),0.72\n")
    assert findings(found) == []
    told = found[(found["row"] == "bilirubin") & found["check"].eq("cell")]
    assert told["verdict"].tolist() == ["not checked"] * 2 and "a median with quartiles" in told["explanation"].iloc[0]


MEANS = "measure,drug (n = 34),control (n = 32),t,df,p,Cohen's d\nBDI,{},{},-3.36,64,.001,0.83\n"


@pytest.mark.parametrize("form", ["M = {}, SD = {}", "M = {} (SD = {})", "{}, {}", "SD = {1}, M = {0}", "{} ({})",
                                  "Mean = {} ± {}"])  # fmt: skip
def test_means_in_the_forms_of_psychology(form):
    found = typed(MEANS.format(*(f'"{form.format(*pair)}"' for pair in (("14.2", "6.1"), ("19.8", "7.4")))))
    held = found[found["verdict"] == "holds"]
    assert findings(found) == []
    assert {"p", "statistic", "p of the statistic", "degrees of freedom", "standardised difference"} <= set(
        held["check"]
    )


def test_a_standardised_difference_of_no_usual_kind_is_found():
    found = typed(MEANS.format("14.2 (6.1)", "19.8 (7.4)").replace("0.83", "1.38"))
    assert findings(found) == [["standardised difference", "BDI", "holds only under"]]
    assert "differ by 0.808 to 0.849 pooled SDs" in found.loc[0, "explanation"]


TWO = ["BDI", "14.2", "6.1", "19.8", "7.4", "-3.36", ".45"]


def test_headings_in_two_rows_are_read_as_one(tmp_path):
    rows = [
        ["", "drug (n = 34)", "", "control (n = 32)", "", "", ""],
        ["measure", "M", "SD", "M", "SD", "t(64)", "p"],
        TWO,
    ]
    (tmp_path / "a.csv").write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    found = audit_table(tmp_path / "a.csv")
    assert found.loc[found["check"] == "statistic", "verdict"].tolist() == ["holds"]
    assert findings(found) == [["p", "BDI", "cannot hold"], ["p of the statistic", "BDI", "cannot hold"]]
    assert set(found.loc[found["check"] == "p", "cell"]) == {"G3"}


def test_merged_headings_over_a_second_row_are_read(tmp_path):
    rows = [["", "women", None, "men", None, "p"],
            [None, "drug (n=80)", "placebo (n=78)", "drug (n=70)", "placebo (n=74)", None],
            ["smoker", "20 (25.0)", "22 (28.2)", "25 (35.7)", "30 (44.5)", None]]  # fmt: skip
    found = sheet(tmp_path / "a.xlsx", rows, merged=("B1:C1", "D1:E1", "A1:A2", "F1:F2"))
    assert found.loc[found["verdict"] == "cannot hold", ["column", "cell"]].values.tolist() == [
        ["men placebo (n=74)", "E3"]
    ]


def test_a_row_of_headings_above_figures_is_not_taken_for_two(tmp_path):
    found = typed("x,a (n=50),b (n=50)\nfemale,20 (40.0),21 (40.0)\n")
    assert found["verdict"].tolist() == ["cannot hold", "holds"]


CASES = """exposure,cases (n=320),controls (n=640),Crude OR (95% CI),Adjusted OR (95% CI)
Smoking,,,,
  Never,120 (37.5),320 (50.0),1.00 (reference),1.00 (ref)
  Current,200 (62.5),320 (50.0),1.67 (1.27-2.19),1.52 (1.14-2.03)
Alcohol,,,,
  No,200 (62.5),380 (59.4),1.0,1
  Yes,120 (37.5),260 (40.6),{},0.91 (0.68-1.21)
"""


def test_a_table_of_cases_and_controls_with_reference_levels():
    found = typed(CASES.format("0.88 (0.67-1.15)").replace("0.67-1.15", "0.67-1.16"))
    assert findings(found) == [], found[found["verdict"].isin(FINDINGS)].to_string()
    assert (found["check"] == "ratio").sum() == 2  # 'No' is a level, and no number of cases


def test_an_odds_ratio_that_the_counts_do_not_give_is_found():
    found = typed(CASES.format("0.68 (0.51-0.90)"))
    assert ["ratio", "Alcohol: Yes", "cannot hold"] in findings(found)


REGRESSION = "predictor,B,SE,β,t,p\nage,0.031,0.012,.18,2.58,.011\nfemale,-0.45,0.20,-.15,-2.25,{}\n"


def test_a_standard_error_is_of_the_estimate_beside_it():
    assert findings(typed(REGRESSION.format(".026"))) == []
    found = typed(REGRESSION.format(".26"))
    assert ["p of the statistic", "female", "cannot hold"] in findings(found)


def test_a_t_is_its_estimate_over_its_standard_error():
    found = typed(REGRESSION.format(".026").replace("2.58", "1.58").replace(".011", ".12"))
    assert ["statistic of the SE", "age", "cannot hold"] in findings(found)


def test_rates_are_kept_and_told():
    found = typed("exposure,events / person-years,rate per 1000,HR (95% CI)\nQ1,45/12000,3.8,1 (ref)\n"
                  "Q2,60/11800,5.1,1.36 (0.92-2.00)\n")  # fmt: skip
    assert findings(found) == []
    assert found["explanation"].str.contains("a rate or time at risk: kept, and not checked").sum() == 4


def test_a_row_n_beneath_a_name_holds_for_its_own_rows_alone():
    found = typed(
        "x,a (n=50),b (n=50)\nWeight,,\n  n,40,41\n  Overweight,10 (25.0),11 (26.8)\nFemale,20 (40.0),25 (50.0)\n"
    )
    assert set(found.loc[found["check"] == "percentage", "verdict"]) == {"holds"}


# as R's gtsummary prints it: the trial that comes with the package
SUMMARY = """**Characteristic**,"**Overall**, N = 200¹","**Drug A**, N = 98¹","**Drug B**, N = 102¹",**p-value**²
Age,47 (38 – 57),46 (37 – 59),48 (39 – 56),0.7
Unknown,11,7,4,
T Stage,,,,0.9
T1,53 (27%),28 (29%),25 (25%),
T2,54 (27%),25 (26%),29 (28%),
T3,43 (22%),22 (22%),21 (21%),
T4,50 (25%),23 (23%),27 (26%),
Tumor Response,61 (32%),28 (29%),33 (34%),0.5
Unknown,7,3,4,
¹ Median (IQR); n (%),,,,
² Wilcoxon rank sum test; Pearson's Chi-squared test,,,,
"""


def test_a_table_of_gtsummary_with_its_unknowns_and_footnote_marks():
    found = typed(SUMMARY)
    assert findings(found) == []
    assert "32% is 61 of 193" in found["explanation"].tolist()
    assert found.loc[found["row"] == "T Stage: T1", "check"].tolist().count("p") == 1
    assert findings(typed(SUMMARY.replace("61 (32%)", "61 (34%)")))[0] == [
        "percentage",
        "Tumor Response",
        "cannot hold",
    ]


@pytest.mark.parametrize("head", ["", ", % (n)", ", n (%)"])
def test_percentages_before_their_counts(head):
    cells = "22.3 (268),25.1 (329),23.7 (597)" if "n (" not in head else "268 (22.3),329 (25.1),597 (23.7)"
    found = typed(f'item,boys (N=1204),girls (N=1310),total (N=2514),p\n"smoked{head}",{cells},.093\n')
    assert findings(found) == [] and {"percentage", "sum", "p"} <= set(found.loc[found["verdict"] == "holds", "check"])


def test_a_p_beside_an_odds_ratio_is_of_its_level_against_the_reference():
    text = (
        "variable,level,yes (n=90),no (n=210),OR (95% CI),p\nage,<30,30 (33.3),90 (42.9),1,\n"
        "age,30-49,32 (35.6),68 (32.4),1.41 (0.78-2.54),{}\nage,50+,28 (31.1),52 (24.8),1.62 (0.87-2.99),0.128\n"
    )
    p = typed(text.format("0.251"))
    assert p.loc[p["check"] == "p", "verdict"].tolist() == ["holds", "holds"]
    assert ["p", "age: 30-49", "cannot hold"] in findings(typed(text.format("0.503")))


def test_a_statistic_whose_heading_names_two_tests_is_of_the_one_that_its_row_allows():
    text = (
        "x,a (n = 45),b (n = 23),t / χ²,P\nage,61.3 ± 12.4,68.9 ± 10.7,2.50,0.015\n"
        "ventilated,20 (44%),19 (83%),{},0.003\n"
    )
    found = typed(text.format("9.06"))
    assert findings(found) == [] and (found["check"] == "statistic").sum() == 2
    assert ["statistic", "ventilated", "cannot hold"] in findings(typed(text.format("6.09")))


@pytest.mark.parametrize(
    ("head", "difference"),
    [
        ("risk difference (95% CI)", "-6.2% (-13.9 to 1.4)"),
        ("risk difference, percentage points (95% CI)", "-6.2 (-13.9 to 1.4)"),
        ("risk difference (95% CI)", "-0.062 (-0.139 to 0.014)"),
    ],
)
def test_a_risk_difference_in_per_cent_or_as_a_share(head, difference):
    text = f"outcome,drug,placebo,{head}\ndeath,15/150 (10.0),24/148 (16.2),{difference}\n"
    assert findings(typed(text)) == []
    assert findings(typed(text.replace("-6.2", "-2.6").replace("-0.062", "-0.026")))


@pytest.mark.parametrize("name", ["No. of patients", "Patients (n)", "Number of participants", "n", "Sample size, n"])
def test_a_row_of_numbers_of_cases_under_its_usual_names(name):
    found = typed(f'x,all,a,b\n"{name}",300,100,200\nmen (%),180 (60),55 (55),125 (62.5)\n')
    assert findings(found) == [] and "sum" in set(found["check"])


# as R prints the quine data, whose levels are N, A and F0 to F3
CODES = """variable,AL (n=23),SL (n=17),p
Age,,,<.01
F0,2 (9),2 (12),
F1,4 (17),10 (59),
F2,7 (30),5 (29),
F3,10 (43),0 (0),
Eth,,,0.22
N,14 (61),7 (41),
A,9 (39),10 (59),
Sex,,,0.38
M,14 (61),8 (47),
"""


def test_levels_end_where_every_column_is_complete_and_may_be_called_n():
    found = typed(CODES)
    assert findings(found) == []
    levels = found.loc[found["check"] == "levels", "row"].unique().tolist()
    assert levels == ["Age: F0; Age: F1; Age: F2; Age: F3", "Eth: N; Eth: A"]


@pytest.mark.parametrize(
    ("cells", "p"),
    [("95/102,39/41", "0.496"), ("4/6 (66.7),12/16 (75.0)", "0.54")],
    ids=["osteoarthritis", "prednisone"],
)
def test_fishers_test_to_one_side_gives_a_p_under_that_condition(cells, p):
    n1, n2 = (int(cell.partition("/")[2].split()[0]) for cell in cells.split(","))
    found = typed(f"variable,kind,A (n={n1}),B (n={n2}),p\nFemale,n/N (%),{cells},{p}\n")
    assert findings(found) == [["p", "Female", "holds only under"]]
    assert found[found["check"] == "p"]["under"].tolist() == ["a one-sided test"]


def test_statistics_beneath_a_name_are_never_taken_for_its_levels():
    found = typed(
        "characteristic,drug (n=50),placebo (n=52)\n"
        "Female,25 (50.0),26 (50.0)\nAge,,\nMean,31.2,30.1\nSD,9,8\nMinimum,18,19\nMaximum,64,66\n"
    )
    assert "levels" not in set(found["check"]) and not found["explanation"].str.contains("levels").any()
