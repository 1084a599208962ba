"""Tables as printed, with what is known of them: each right verdict is one test."""

import io
from pathlib import Path

import pandas as pd
import pytest

from keepsafe import audit_table

TABLES = Path(__file__).with_name("tables")


def typed(text: str, **said) -> pd.DataFrame:
    """The checks of a table typed as CSV."""
    return audit_table(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, skipinitialspace=True), **said)


def verdicts(found: pd.DataFrame, check: str = "", row: str = "") -> list[str]:
    mine = found[found["check"].eq(check) if check else found["check"].ne("")]
    return mine.loc[mine["row"].str.contains(row, regex=False), "verdict"].tolist()


def of(found: pd.DataFrame, verdict: str) -> pd.DataFrame:
    return found[found["verdict"] == verdict]


@pytest.fixture(scope="module")
def pizza():
    return audit_table(TABLES / "pizza1.csv")


@pytest.mark.parametrize("row", ["age", "height", "group_size"])
def test_pizza_p_outside_what_means_and_sds_allow(pizza, row):
    assert verdicts(pizza, "p", row) == ["cannot hold"]


def test_pizza_p_of_the_later_pieces_holds_as_it_is_rounded_to_nought(pizza):
    later = pizza[pizza["row"].str.contains("middle|last") & pizza["check"].eq("p")]
    assert (len(later), set(later["verdict"])) == (6, {"holds"})


def test_pizza_ten_means_are_no_whole_number_of_their_cases(pizza):
    grim = pizza[pizza["check"] == "whole-number mean"]
    assert len(grim) == 28 and (grim["verdict"] != "holds").sum() == 10
    assert of(grim, "cannot hold")["cell"].tolist() == ["E13", "E14", "D15", "D17", "E17"]


def test_pizza_one_sd_that_no_whole_numbers_give(pizza):
    sds = pizza[(pizza["check"] == "whole-number SD") & (pizza["verdict"] != "holds")]
    assert sds[["row", "cell", "verdict"]].values.tolist() == [["middle_enjoyable", "E15", "cannot hold"]]


def test_pizza_no_number_of_cases_fits_all_eight_means_rated_by_everybody(pizza):
    joint = pizza[(pizza["check"] == "number of cases") & pizza["column"].eq("half_price")]
    assert len(joint) == 1 and joint["verdict"].item() != "holds"
    assert "no number of cases from 49 to 62 fits all 8 means" in joint["explanation"].item()


def test_eating_men_every_p_is_that_of_a_wrong_t():
    found = audit_table(TABLES / "eating_men.csv")
    p = found[found["check"] == "p"].set_index("row")
    assert p["verdict"].drop("age").unique().tolist() == ["cannot hold"] and len(p) == 4
    # 44 and 43 may be whole numbers for 44.4 and 42.6: no more than a condition, and said
    assert p.loc["age", "verdict"] == "holds only under" and "44 for 43.5 to 44.5" in p.loc["age", "under"]
    assert set(found["verdict"]) == {"cannot hold", "holds only under"}  # nothing is wrong with the means


def test_eating_men_every_t_is_outside_what_means_and_sds_allow():
    table = pd.read_csv(TABLES / "eating_men.csv", dtype=str, keep_default_na=False)
    found = audit_table(table.assign(t=["", "0.42", "1.59", "2.87", "2.52"]))
    t = found[found["check"] == "statistic"].set_index("row")["expected"].str.extract(r"Student ([^;]*)")[0].to_dict()
    assert t == {"age": "0.216 to 0.220", "height_cm": "1.481 to 1.492", "weight_kg": "2.759 to 2.765",
                 "bmi": "2.417 to 2.434"}  # fmt: skip
    assert set(verdicts(found, "p of the statistic")) == {"holds"}  # the printed p are those of the wrong t
    assert verdicts(found, "statistic") == ["cannot hold"] * 3 + ["holds only under"]


def test_pbc_is_all_right_and_three_p_hold_only_under_fewer_cases():
    found = audit_table(TABLES / "pbc.csv")
    assert of(found, "cannot hold").empty and of(found, "not checked").empty
    assert of(found, "holds only under")[["row", "check"]].values.tolist() == [
        ["chol", "p"],
        ["trig", "p"],
        ["platelet", "p"],
    ]
    assert of(found, "holds only under")["under"].str.startswith("fewer cases").all()


def test_pbc_with_an_overall_column_of_others_gives_no_false_alarm_and_one_note():
    table = pd.read_csv(TABLES / "pbc.csv", dtype=str, keep_default_na=False)
    overall = {
        "n": "418",
        "time": "1917.78 (1104.67)",
        "age": "50.74 (10.45)",
        "female": "374 (89.5)",
        "ascites": "24 (7.7)",
        "hepato": "160 (51.3)",
        "bili": "3.22 (4.41)",
        "albumin": "3.50 (0.42)",
    }
    table.insert(5, "overall", [overall.get(name, "") for name in table["variable"]])
    found = audit_table(table)
    assert of(found, "cannot hold").empty
    assert not set(found["check"]) & {"sum", "pooled mean", "pooled SD"}
    notes = found[found["check"] == "groups"]
    assert len(notes) == 1 and "158 + 154 = 312 is not the 418 of overall" in notes["explanation"].item()
    assert verdicts(found, "percentage", "ascites") == ["holds", "holds"]


def test_titanic_one_share_cannot_hold_two_hold_where_decimals_were_cut_off():
    found = audit_table(TABLES / "titanic1912.csv")
    cannot, under = of(found, "cannot hold"), of(found, "holds only under")
    assert cannot[["cell", "expected"]].values.tolist() == [["N2", "37.92%"]]
    assert under[["cell", "under"]].values.tolist() == [["Q2", "decimals cut off"], ["R2", "decimals cut off"]]
    sums = found[found["check"] == "sum"]
    assert set(sums["verdict"]) == {"holds"} and len(sums) == 4
    assert "crew_deck 43 + crew_engine 72 + crew_victualling 97 = 212" in " ".join(sums["explanation"])


def test_a_printed_count_wins_over_a_percentage_of_an_assumed_n():
    found = typed("variable,kind,total (n=418),a (n=264),b (n=154)\nascites,n (%),24 (7.7),14 (5.3),10 (6.5)\n")
    assert verdicts(found, "sum") == ["holds"]
    cases = found[found["check"] == "number of cases"]
    assert cases[["verdict", "under"]].values.tolist() == [["holds only under", "n = 310 to 313"]]


def test_denominators_are_joint_over_levels():
    found = typed(
        "variable,level,kind,all (n=418)\n"
        + "".join(
            f"stage,{level},n (%),{cell}\n"
            for level, cell in enumerate(["21 (5.1)", "92 (22.3)", "155 (37.6)", "144 (35.0)"], 1)
        )
    )
    assert len(found) == 1
    assert found[["verdict", "under", "cell"]].values.tolist() == [["holds only under", "n = 412", "D2 D3 D4 D5"]]
    assert "and sum to 412" in found["explanation"].item()


def test_denominators_are_joint_over_items():
    cells = [f"{k} ({100 * k / 97:.1f})" for k in (12, 33, 41, 57, 64, 71, 88)]
    found = typed("variable,kind,all (n=104)\n" + "".join(f"item {i},n (%),{cell}\n" for i, cell in enumerate(cells)))
    under = of(found, "holds only under")
    assert len(under) == 1 and under["under"].item() == "n = 97"


def test_two_crossing_halves_both_add_up():
    found = typed("variable,kind,a (n=40),b (n=40),men (n=40),women (n=40),total (n=80)\nx,n,10,20,12,18,30\n")
    assert verdicts(found, "sum") == ["holds", "holds"]


def test_arms_without_a_total_are_not_added_up():
    found = typed("variable,kind,a (n=50),b (n=50),c (n=100)\nx,%,20.0%,30.0%,40.0%\n")
    assert "sum" not in set(found["check"]) and of(found, "cannot hold").empty
    assert "--whole 'c'" in found.loc[found["check"] == "groups", "explanation"].item()


@pytest.mark.parametrize(
    ("row", "check"),
    [
        ("x,n,50", "count"),
        ("x,n,12.5", "count"),
        ("x,mean (SD),1.0 (-3.2)", "SD"),
        ('x,"mean (SD), 0/1",0.30 (0.90)', "0/1 SD"),
    ],
)
def test_plain_impossibilities(row, check):
    found = typed(f"variable,kind,a (n=40)\n{row}\n")
    assert verdicts(found, check) == ["cannot hold"]


MEANS = "variable,kind,a (n={}),b (n={}),p,test\nx,mean (SD),{},{},{},{}\n"


def test_an_f_outside_its_range_is_found_with_the_range():
    found = typed(MEANS.format(62, 60, "44.16 (18.99)", "46.08 (14.46)", "", '"F(1,120) = 0.42"'))
    row = found[found["check"] == "statistic"]
    assert row["verdict"].tolist() == ["cannot hold"] and "ANOVA 0.389 to 0.397" in row["expected"].item()


def test_a_p_below_half_a_hundredth_prints_as_nought():
    found = typed(MEANS.format(47, 38, "6.16 (1.87)", "7.41 (1.55)", "0.00", ""))
    assert verdicts(found, "p") == ["holds"]


def test_a_p_that_needs_fewer_cases():
    found = typed(MEANS.format(158, 154, "365.01 (209.54)", "373.88 (252.48)", ".748", ""))
    row = found[found["check"] == "p"]
    assert row["verdict"].item() == "holds only under" and row["under"].item().startswith("fewer cases")


@pytest.mark.parametrize(("p", "verdict"), [(".421", "holds"), (".241", "cannot hold")])
def test_a_p_by_yates_holds_and_one_by_no_usual_test_cannot(p, verdict):
    found = typed(f"variable,kind,a (n=158),b (n=154),p\nfemale,n,137,139,{p}\n")
    row = found[found["check"] == "p"]
    assert row["verdict"].item() == verdict
    assert verdict != "holds" or "holds by Yates" in row["explanation"].item()
    assert verdict == "holds" or "digits exchanged" in set(found["check"])  # .241 for .421


def test_decimals_cut_off_are_a_condition():
    found = typed("variable,kind,a (n=3),b (n=6),c (n=9),d (n=7)\nx,%,66.6%,83.3%,88.8%,85.7%\n")
    assert of(found, "cannot hold").empty
    assert of(found, "holds only under")[["cell", "under"]].values.tolist() == [
        ["C2", "decimals cut off"], ["E2", "decimals cut off"]]  # fmt: skip


def test_an_estimate_outside_its_interval_cannot_hold():
    found = typed("variable,estimate (95% CI)\nx,-0.016 (-0.001 to 0.001)\n")
    assert verdicts(found, "interval") == ["cannot hold"]


def test_levels_printed_as_counts_are_spoken_of_as_counts():
    found = typed("variable,level,kind,a (n=44)\nx,yes,n,34\nx,no,n,9\n")
    row = found[found["check"] == "levels"]
    assert (
        row["verdict"].item() == "holds only under"
        and row["explanation"].item() == "34 + 9 = 43, 1 fewer than the group's 44"
    )


def test_a_contrast_of_unknown_groups_has_a_row_that_says_so():
    found = typed("variable,kind,a (n=50),b (n=50),p (a vs c)\nx,n (%),10 (20.0),20 (40.0),.03\n")
    row = found[found["column"] == "p (a vs c)"]
    assert row["verdict"].item() == "not checked" and "'c'" in row["explanation"].item()


def test_counts_of_levels_that_leave_much_of_the_group_out_are_told_as_not_checked():
    found = typed("""variable, level, kind,  drug (n=158), placebo (n=154)
                     stage,    1,     n,     50,           39
                     stage,    2,     n,     40,           20
                     female,   ,      n (%), 137 (86.7),   139 (90.3)""")
    left = of(found, "not checked")
    assert left["cell"].tolist() == ["D2", "E2", "D3", "E3"]
    assert left["explanation"].tolist()[::2] == ["the levels printed make 90 of 158: others are not printed"] * 2
