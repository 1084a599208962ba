"""How many received a response: only numbers that fit every printed percentage, and all of them."""

from keepsafe import load_figures, load_study
from keepsafe.audit.sensitivity import recipients
from keepsafe.study.published import as_printed


def found():
    return recipients(load_figures(), load_study()).set_index(["response", "group"])


def test_police_recipients_are_those_printed_as_provided():
    # 57.4% of 54 is 31, and 10, 4 and 8 of 31 print as 32.3, 12.9 and 25.8
    assert found().loc[("police", "cse"), ["fitting", "smallest"]].tolist() == [1, 31]
    assert as_printed([10, 4, 8], 31).tolist() == [32.3, 12.9, 25.8]


def test_sexual_health_recipients_are_a_multiple_of_31():
    fits = [n for n in range(1, 206)
            if {45.2, 19.4} <= set(as_printed(list(range(n + 1)), n).tolist())]  # fmt: skip
    row = found().loc[("sexual_health", "total")]
    assert (row["fitting"], row["smallest"], row["largest"]) == (len(fits), fits[0], fits[-1]) == (6, 31, 186)


def test_a_percentage_that_no_number_gives_leaves_none():
    figures = load_figures()
    wrong = figures["id"] == "L289.police_impact.negative.cse.percent"
    changed = figures.assign(value=figures["value"].mask(wrong, "32.4"))
    row = recipients(changed, load_study()).set_index(["response", "group"]).loc[("police", "cse")]
    assert row["fitting"] == 0 and row.isna()["smallest"]
