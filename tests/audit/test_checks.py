"""Each kind of check sees what it is for, holds where it should, and says under which condition."""

import io

import pandas as pd
import pytest

from keepsafe import audit_table


def typed(text: str, **said) -> pd.DataFrame:
    return audit_table(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False), **said)


def verdict(found: pd.DataFrame, check: str) -> list[str]:
    return found.loc[found["check"] == check, "verdict"].tolist()


TWO = "variable,kind,a (n=30),b (n=28),p,test\n"


@pytest.mark.parametrize(
    ("row", "check", "expected"),
    [
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.008,t(56) = 2.74", "p of the statistic", ["holds"]),
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.080,t(56) = 2.74", "p of the statistic", ["cannot hold"]),
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.004,t(56) = 2.74", "p of the statistic", ["holds only under"]),  # one-sided
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.008,t(56) = 2.74", "statistic", ["holds"]),
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.008,t(56) = -2.74", "statistic", ["holds"]),
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.008,t(56) = 4.74", "statistic", ["cannot hold"]),
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.008,t(56) = 2.74", "degrees of freedom", ["holds"]),
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.008,t(54.8) = 2.74", "degrees of freedom", ["holds"]),  # Welch's
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.008,t(50) = 2.74", "degrees of freedom", ["holds only under"]),
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.008,t(80) = 2.74", "degrees of freedom", ["cannot hold"]),
        ('x,mean (SD),5.1 (1.2),6.0 (1.3),0.008,"F(1,56) = 7.50"', "statistic", ["holds"]),
        ("x,n (%),12 (40.0),20 (71.4),0.016,chi2(1) = 5.78", "statistic", ["holds"]),
        ("x,n (%),12 (40.0),20 (71.4),0.016,chi2(1) = 7.77", "statistic", ["cannot hold"]),
        ("x,n (%),12 (40.0),20 (71.4),0.016,chi2 = 5.78", "p of the statistic", ["holds"]),
        ("x,mean (SE),5.10 (0.22),6.00 (0.25),0.009,", "p", ["holds"]),
        ("x,mean (SE),10.00 (1.1) [25],13.20 (1.1) [25],0.063,", "p", ["holds only under"]),  # SEs of 1.19, cut off
        ("x,mean (SD),5.1 (1.2),6.0 (1.3),0.6,Mann-Whitney\ny,n,12,50,,", "p", ["not checked"]),
        ("x,n (%),12 (40.0),20 (71.4),1.2,", "p", ["cannot hold"]),
        ("x,n (%),12 (40.0),20 (71.4),ns,", "p", ["cannot hold"]),
        ("x,n (%),12 (40.0),20 (71.4),*,", "p", ["holds"]),
        ("x,n (%),12 (40.0),20 (71.4),>0.05,", "p", ["cannot hold"]),
    ],
)
def test_p_and_statistics(row, check, expected):
    assert verdict(typed(TWO + row + "\n"), check) == expected


@pytest.mark.parametrize(
    ("heading", "cell", "expected"),
    [
        (
            "OR (95% CI)",
            "0.27 (0.09 to 0.80)",
            {"ratio": "holds", "interval of the ratio": "holds", "interval": "holds"},
        ),
        ("OR (95% CI)", "3.75 (1.25 to 11.24)", {"ratio": "holds", "interval of the ratio": "holds"}),
        ("OR (95% CI)", "0.72 (0.25 to 2.10)", {"ratio": "cannot hold"}),
        ("OR (95% CI)", "0.56 (0.33 to 0.95)", {"ratio": "holds only under"}),  # a risk ratio
        ("RR (95% CI)", "0.56 (0.34 to 0.92)", {"ratio": "holds"}),
        ("adjusted OR (95% CI)", "0.72 (0.25 to 2.10)", {"interval": "holds"}),
        ("OR (95% CI)", "0.27 (0.09 to 0.20)", {"interval": "cannot hold"}),
        ("OR (95% CI)", "-0.27 (-0.80 to 0.20)", {"interval": "cannot hold"}),
        ("OR (95% CI)", "0.27 (0.09 to 1.90)", {"interval": "holds only under"}),  # not symmetrical
        ("risk difference (95% CI)", "-0.31 (-0.56 to -0.07)", {"ratio": "holds", "interval": "holds"}),
    ],
)
def test_ratios_against_the_two_by_two_table(heading, cell, expected):
    found = typed(f"variable,kind,a (n=30),b (n=28),{heading}\nx,n (%),12 (40.0),20 (71.4),{cell}\n")
    for check, said in expected.items():
        assert said in verdict(found, check), (check, found[["check", "verdict", "explanation"]].values.tolist())
    if "adjusted" in heading:
        assert "ratio" not in set(found["check"])


def test_a_ratio_the_other_way_round_than_all_others_is_told():
    rows = "\n".join(
        f"x{i},n (%),12 (40.0),20 (71.4),{cell}" for i, cell in enumerate(["0.27", "0.27", "3.75", "0.27"])
    )
    found = typed(f"variable,kind,a (n=30),b (n=28),OR\n{rows}\n")
    assert found.loc[found["check"] == "columns exchanged", "cell"].tolist() == ["E4"]


@pytest.mark.parametrize(
    ("text", "check", "expected"),
    [
        ("term,estimate (95% CI),p\nx,0.52 (0.11 to 0.93),0.013\n", "p of the interval", ["holds"]),
        ("term,estimate (95% CI),p\nx,0.52 (0.11 to 0.93),0.13\n", "p of the interval", ["cannot hold"]),
        ("term,HR (95% CI),p\nx,1.80 (1.10 to 2.95),0.020\n", "p of the interval", ["holds"]),
        ("term,HR (95% CI),p\nx,1.80 (1.10 to 2.95),0.40\n", "p of the interval", ["cannot hold"]),
        ("term,estimate,conf.low,conf.high\nx,0.52,0.61,0.93\n", "interval", ["cannot hold"]),
        ("term,estimate,95% CI\nx,0.52,0.11 to 0.93\n", "interval", ["holds"]),
        ("term,b,SE,p\nx,0.52,0.21,0.013\n", "p of the SE", ["holds"]),
        ("term,b,SE,p\nx,0.52,0.21,0.30\n", "p of the SE", ["cannot hold"]),
        ("term,b (95% CI),SE\nx,0.52 (0.11 to 0.93),0.41\n", "interval by the SE", ["cannot hold"]),
        ("term,b,95% CI,SE\nx,0.52,0.11 to 0.93,0.41\n", "interval by the SE", ["cannot hold"]),
        ("variable,kind,a (n=9),b (n=9),difference\nx,mean (SD),5.1 (1.0),6.0 (1.0),-0.9\n", "difference", ["holds"]),
        (
            "variable,kind,a (n=9),b (n=9),difference\nx,mean (SD),5.1 (1.0),6.0 (1.0),-1.9\n",
            "difference",
            ["cannot hold"],
        ),
    ],
)
def test_estimates_with_interval_p_and_se(text, check, expected):
    assert verdict(typed(text), check) == expected


def test_standard_errors_printed_as_sds_are_a_hint_and_no_verdict():
    found = typed("variable,kind,a (n=40),b (n=40),p\nx,mean (SD),5.10 (0.20),5.60 (0.21),0.09\n")
    assert verdict(found, "p") == ["cannot hold"] and verdict(found, "SE for SD") == ["hint"]


def test_digits_exchanged_in_a_count_are_a_hint():
    found = typed("variable,kind,a (n=60),b (n=40),total (n=100)\nx,n,21,9,21\n")
    assert verdict(found, "sum") == ["cannot hold"]
    assert found.loc[found["check"] == "digits exchanged", ["cell", "expected"]].values.tolist() == [["C2", "12"]]


def test_columns_exchanged_are_a_hint():
    found = typed("variable,kind,a (n=60),b (n=41)\nx,n (%),20 (48.8),25 (41.7)\n")
    assert verdict(found, "percentage") == ["cannot hold"] and verdict(found, "number of cases") == ["holds only under"]
    assert verdict(found, "columns exchanged") == ["hint", "hint"]


def test_means_of_columns_exchanged_are_a_hint():
    found = typed("variable,kind,a (n=90),b (n=10),total (n=100)\nx,mean,5.0,8.0,7.7\n")
    assert verdict(found, "pooled mean") == ["cannot hold"] and verdict(found, "columns exchanged") == ["hint"]


def test_percentages_of_the_row_and_of_all_are_conditions():
    found = typed("variable,kind,a (n=50),b (n=70)\nx,n (%),10 (40.0),15 (60.0)\ny,n (%),12 (10.0),24 (20.0)\n")
    assert verdict(found, "percentage") == ["holds only under"] * 4
    assert set(found["under"]) == {"percentages of the row's 25", "percentages of all 120"}


@pytest.mark.parametrize(("last", "expected"), [("20 (40.0)", ["holds"]), ("21 (42.0)", ["cannot hold"]),
                                                 ("18 (36.0)", ["holds only under"]), ("5 (10.0)", [])])  # fmt: skip
def test_levels_make_up_their_group(last, expected):
    text = f"variable,level,kind,a (n=50)\nx,1,n (%),15 (30.0)\nx,2,n (%),15 (30.0)\nx,3,n (%),{last}\n"
    assert verdict(typed(text), "levels") == expected


def test_levels_of_which_several_apply_are_not_added_up():
    text = 'variable,level,kind,a (n=50)\nx,1,"n (%), several",35 (70.0)\nx,2,"n (%), several",25 (50.0)\n'
    assert verdict(typed(text), "levels") == []


@pytest.mark.parametrize(("union", "expected"), [("30 (60.0)", "holds"), ("31 (62.0)", "cannot hold")])
def test_levels_joined_are_as_many_as_their_parts(union, expected):
    text = f"variable,level,kind,a (n=50)\nx,1,n (%),10 (20.0)\nx,2,n (%),20 (40.0)\nx,1|2,n (%),{union}\n"
    assert expected in verdict(typed(text), "levels")


LEVELS = (("12 (7.6)", "4 (2.6)"), ("35 (22.2)", "32 (20.8)"), ("56 (35.4)", "64 (41.6)"), ("55 (34.8)", "54 (35.1)"))


def test_p_of_a_variable_stands_on_its_first_level_or_on_the_row_above():
    rows = [f"stage,{i},n (%),{a},{b},{'0.201' if i == 1 else ''}" for i, (a, b) in enumerate(LEVELS, 1)]
    first = typed("\n".join(["variable,level,kind,a (n=158),b (n=154),p", *rows]))
    head = ["Characteristic,a (n=158),b (n=154),P value", '"Stage, n (%)",,,0.201']
    below = [f"{name},{a},{b}," for name, (a, b) in zip(("I", "II", "III", "IV"), LEVELS, strict=True)]
    above = typed("\n".join([*head, *below, '"Age, mean (SD)",51.42 (11.01),48.58 (9.96),0.018']))
    assert verdict(first, "p") == ["holds"] and verdict(above, "p") == ["holds", "holds"]
    assert verdict(first, "levels") == verdict(above, "levels") == ["holds", "holds"]


def test_three_groups_are_compared_by_anova_and_by_exact_tests():
    head = "variable,kind,a (n=10),b (n=12),c (n=15),p\n"
    assert verdict(typed(head + "x,mean (SD),1.0 (1.0),2.0 (1.5),2.5 (0.7),0.007\n"), "p") == ["holds"]
    named = head.replace(",p", ",p (ANOVA)")  # unnamed, the p of such skewed values might be of ranks
    assert verdict(typed(named + "x,mean (SD),1.0 (1.0),2.0 (1.5),2.5 (0.7),0.600\n"), "p") == ["cannot hold"]
    assert verdict(typed(head + "x,n,1,4,9,0.042\n"), "p") == ["holds"]  # Fisher's, by R


def test_groups_that_stand_apart_in_several_columns_are_joined():
    found = typed(
        "variable,drug n,drug mean,drug SD,placebo n,placebo mean,placebo SD,t,p\nx,30,5.1,1.2,28,6.0,1.3,2.74,0.008\n"
    )
    assert set(found["verdict"]) == {"holds"} and {"p", "statistic", "p of the statistic"} <= set(found["check"])
    assert "drug 5.1 (1.2) [30]" in found["explanation"].iloc[0]


def test_a_column_called_f_may_be_of_females_and_one_called_t58_a_statistic():
    found = typed("variable,kind,M,F,p\nn,,40,36,\nsmoker,n (%),20 (50.0),9 (25.0),0.025\n")
    assert set(found["verdict"]) == {"holds"} and "F 9 (25.0) (n = 36)" in " ".join(found["explanation"])
    found = typed("variable,kind,low,high,t(58),p\nn,,30,30,,\nx,mean (SD),5.10 (1.20),6.00 (1.30),2.79,0.007\n")
    assert set(found["verdict"]) == {"holds"} and "degrees of freedom" in set(found["check"])


def test_nested_totals_are_each_checked():
    text = "variable,kind,north a (n=10),north b (n=20),north (n=30),south (n=40),total (n=70)\nx,n,4,9,13,20,33\n"
    assert verdict(typed(text), "sum") == ["holds", "holds"]
    assert sorted(verdict(typed(text.replace("13,", "14,")), "sum")) == ["cannot hold", "cannot hold"]


@pytest.mark.parametrize(("mean", "expected"), [("3.35", "holds"), ("3.45", "cannot hold")])
def test_a_pooled_mean_lies_between_those_of_its_parts(mean, expected):
    found = typed(f"variable,kind,a (n=20),b (n=20),total (n=40)\nx,mean (SD),3.40 (1.00),3.30 (1.00),{mean} (0.99)\n")
    assert verdict(found, "pooled mean") == [expected] and verdict(found, "pooled SD") == ["holds"]


@pytest.mark.parametrize(
    ("rows", "check", "expected"),
    [
        ("x,unknown,n (%),3/40 (7.5)\nx,missing,n (%),5/60 (8.3)", "levels", []),
        ("x,a,n (%),25/35 (71.4)\nx,b,n (%),15/35 (42.9)\nx,missing,n (%),5/40 (12.5)", "levels", ["cannot hold"]),
        ("x,,n (%),12.0 (35.0)", "percentage", ["cannot hold"]),  # as a spreadsheet gives a count
        ("x,a,n,12.0\nx,b,n,29.0", "levels", ["cannot hold"]),
    ],
)
def test_levels_of_several_cases_and_counts_with_a_decimal_are_no_reason_to_stop(rows, check, expected):
    assert verdict(typed(f"variable,level,kind,a (n=40)\n{rows}\n"), check) == expected
