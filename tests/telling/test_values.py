"""Numbers with a name: how they are printed, what they carry, what is refused."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsafe import runs
from keepsafe.problems import InputError
from keepsafe.telling.sentences import filled
from keepsafe.telling.values import NAME, Kind, Value, claim_value, named, value, value_name


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (np.int64(54), "54"),
        (np.float64(26.34), "26"),
        (pd.NA, "–"),
        (None, "–"),
        (float("nan"), "–"),
        (True, "yes"),
        (np.bool_(False), "no"),
        ("female", "female"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
    ],
)
def test_whatever_a_data_frame_holds_can_be_a_value(number, text):
    assert str(value(number, "x")) == text


def test_a_cell_shows_a_number_and_a_sentence_says_its_unit():
    made = [value(26.34, "a", "%", 1), value(0.0002, "b", "p"), value(0.032, "c", "p")]
    assert [each.number for each in made] == ["26.3", "< .001", ".032"]
    assert [each.text for each in made] == ["26.3%", "p < .001", "p = .032"]


def test_nothing_travels_beyond_the_digits_that_are_shown():
    assert value(26.3412345678, "a", "%", 1).record()["value"] == 26.3
    assert value(0.032149, "a", "p").record()["value"] == 0.032


@pytest.mark.parametrize("id", ["", "Two words", "a..", ".a", "a b", "Über"])
def test_an_id_that_cannot_be_an_address_is_refused(id):
    with pytest.raises(InputError, match="cannot name a value"):
        value(1, id)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_whatever_a_codebook_calls_a_variable_makes_an_address_or_nothing(parts):
    made = value_name(*parts)
    assert re.fullmatch(r"[a-z0-9._-]*", made)
    assert NAME.fullmatch(made) or not all(value_name(part) for part in parts)


def test_names_that_a_codebook_tells_apart_stay_apart():
    assert len({value_name(name) for name in ("a b?", "a b!", "a b", "a<b")}) == 4


def test_a_claim_is_recorded_where_the_scorecard_looks_for_it():
    assert claim_value("m", "female:cse", "p") == "model.m.female-by-cse.p"


def test_on_a_users_own_data_nothing_is_called_calibrated(monkeypatch):
    monkeypatch.setattr(runs, "synthetic", lambda: False)
    kinds = [value(1, "a", kind=kind).kind for kind in (Kind.CALIBRATED, Kind.DIRECTION, Kind.DERIVED)]
    assert kinds == [Kind.DIFFERENCE, Kind.DIFFERENCE, Kind.DERIVED]


def test_the_register_tells_kind_counterpart_and_what_is_counted(kinds):
    kinds("cse.events,calibrated,persons,L110.cse.total.count,\nodds.x,calibrated,protected,claim.L249,almost seven\n")
    events, odds = named(54, "cse.events"), named(6.9, "odds.x", digits=1)
    assert (events.kind, events.unit, events.published) == ("calibrated", "persons", ("L110.cse.total.count", "54"))
    assert (odds.unit, odds.published) == ("", ("claim.L249", "almost seven"))


def test_a_published_counterpart_is_quoted_with_its_qualifier(kinds, study):
    kinds("a,calibrated,persons,L297.relationship_abuse.total.percent.about,\n")
    assert named(1, "a").published == ("L297.relationship_abuse.total.percent.about", "about 17%")


@pytest.mark.parametrize(
    ("figure", "words"),
    [("L116.cpr.p1.total.percent.almost", "almost half"), ("L301.ssd_at_closure.cse.percent.almost", "almost a third"),
     ("L120.n_agencies.p1.total.mean.over", "over 5"), ("L110.cse.total.percent", "26.3%")],
)  # fmt: skip
def test_a_share_that_was_printed_in_words_is_quoted_in_words(kinds, figure, words):
    kinds(f"a,calibrated,persons,{figure},\n")
    assert named(1, "a").published == (figure, words)


def test_a_text_kept_as_data_has_no_sign_after_a_share_in_words():
    told = filled("{L283.direct_support_impact.positive.total.percent.almost}% and {L110.cse.total.percent}% of all")
    assert told.fill(lambda each: each.number) == "almost half and 26.3% of all"


def test_a_counterpart_that_was_not_published_is_refused_with_the_nearest(kinds):
    kinds("a,calibrated,persons,L110.cse.total.cont,\n")
    with pytest.raises(InputError, match="did you mean 'L110.cse.total.count'"):
        named(1, "a")


@pytest.mark.parametrize(
    ("number", "counts", "digits", "shown"),
    [
        (55, "persons", 0, "55"),  # a count of persons is rounded to fives
        (9, "persons", 0, "–"),  # or withheld
        (0, "persons", 0, "–"),  # or else a dash would say one to nine
        (26.34, "persons", 1, "–"),  # of what persons a fraction is made nobody knows
        (26.34, "protected", 1, "26.3"),
        (9, "settings", 0, "9"),
        ("nine", "persons", 0, "nine"),
    ],
)
def test_under_disclosure_control_what_counts_persons_is_protected(controlled, kinds, number, counts, digits, shown):
    kinds(f"a,not comparable,{counts},,\n")
    assert str(named(number, "a", digits=digits)) == shown


def test_a_name_that_the_register_does_not_declare_is_taken_to_count_persons(controlled, kinds):
    kinds("other,derived,,,\n")
    assert [str(named(*each)) for each in ((55, "new.one"), (9, "new.two"), (0.263, "new.share"))] == ["55", "–", "–"]
    assert named(54, "new.one").kind == "not comparable"
    assert str(named(9, "new.two", safe=True)) == "9"  # the library that made it has protected it


@pytest.mark.parametrize(
    ("number", "text", "printed", "invented"),
    [
        (6.65, "6.65", "more likely, odds ratio 6.5 to 7 (L249)", True),
        (6.6, "6.6", "almost seven times", True),
        (9.3, "9.3%", "2.4%", True),  # the nearest that can hold
        (51.7, "51.7%", "51.7***", False),
        (26.3, "26%", "26.3%", False),
        (48.3, "almost half", "almost half", False),
        (1234, "1,234", "1,234", False),
    ],
)
def test_digits_that_nobody_printed_are_invented_though_the_figure_was_a_target(number, text, printed, invented):
    asked = Value("undeclared.x", number, text, text, published=("f", printed), kind=Kind.CALIBRATED)
    assert asked.invented is invented
