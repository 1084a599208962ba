"""Numbers with a name: how they are printed, what they carry, what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsafe.problems import InputError
from keepsafe.values import Kind, named, p_value, quotation, recall, rounded, say, value
from keepsafe.values.mimes import VALUES


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (100 * 0.145, 0, "15"),
        (1.005, 2, "1.01"),
        (-2.5, 0, "−3"),
        (-0.04, 1, "0.0"),
        (1234567, 0, "1,234,567"),
        (7, 1, "7.0"),
    ],
)
def test_numbers_are_rounded_half_up_as_the_report_prints(number, digits, text):
    assert rounded(number, digits) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0009999, "< .001"),
        (0.001, ".001"),
        (0.0495, ".050"),
        (0.5, ".500"),
        (0.99949, "> .999"),
        (1.0, "> .999"),
    ],
)
def test_p_values_keep_three_decimals_and_never_read_zero_or_one(p, text):
    assert p_value(p) == text


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
    ],
)
def test_whatever_a_data_frame_holds_can_be_a_value(number, text):
    assert str(value(number, "x")) == text


def test_a_percentage_and_a_p_value_read_as_a_sentence_needs_them():
    sentence = say(
        "{a}, {b}, {c}", a=value(26.34, "a", "%", 1), b=value(0.0002, "b", "p"), c=value(0.032, "c", "p")
    )
    assert str(sentence) == "26.3%, p < .001, p = .032"


def test_an_output_carries_value_unit_rounding_counterpart_and_kind():
    shown = say(
        "**{n}**", n=value(26.3412345678, "cse", "%", 1, published=("t0.cse", "26.3"), kind="calibrated")
    )
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == "26.3%"
    assert bundle["text/markdown"] == "**26.3%**"
    assert bundle[VALUES] == {
        "template": "**{n}**",
        "values": [
            {
                "field": "n",
                "id": "cse",
                "value": 26.3,
                "text": "26.3%",
                "unit": "%",
                "digits": 1,
                "figure": "t0.cse",
                "printed": "26.3",
                "kind": "calibrated",
            }
        ],
    }


def test_a_label_cannot_pose_as_markup():
    markdown = say("{label}", label=value("<script>x</script> *a* [b](c) | `d`", "l"))._repr_mimebundle_()[
        "text/markdown"
    ]
    assert "<" not in markdown
    assert r"\*a\* \[b\](c) \| \`d\`" in markdown


def test_a_number_without_a_name_is_refused():
    with pytest.raises(InputError, match="n is not wrapped in value"):
        say("{n} files", n=367)


def test_a_sentence_and_its_values_must_fit_each_other():
    with pytest.raises(InputError, match=r"no value for \{b\}.*c is not in the sentence"):
        say("{a} {b}", a=value(1, "a"), c=value(2, "c"))


@pytest.mark.parametrize("id", ["", "Two words", "a..", ".a", "a b"])
def test_an_id_that_cannot_be_an_address_is_refused(id):
    with pytest.raises(InputError, match="cannot name a value"):
        value(1, id)


def test_an_unknown_kind_of_agreement_is_refused():
    with pytest.raises(InputError, match="'calibratd' is not a kind"):
        value(1, "a", kind="calibratd")


@pytest.fixture
def figures(monkeypatch):
    table = {"t1.moves": ("exactly", "9.3", "mean"), "text.significant": ("about", "35", "percent")}
    monkeypatch.setattr("keepsafe.values.quotations._figures", lambda: table)


def test_a_published_counterpart_is_looked_up_with_its_qualifier(figures):
    assert value(35.2, "a", published="text.significant").published == ("text.significant", "about 35%")
    assert quotation("t1.moves") == "9.3"


def test_an_unknown_published_figure_is_refused_with_the_nearest(figures):
    with pytest.raises(InputError, match="did you mean 't1.moves'"):
        value(1, "a", published="t1.move")


def test_on_a_users_own_data_nothing_is_called_calibrated(monkeypatch):
    monkeypatch.setattr(named.runs, "synthetic", lambda: False)
    kinds = [
        value(1, "a", kind=kind).kind for kind in ("calibrated", "calibrated, direction only", "derived")
    ]
    assert kinds == [Kind.DIFFERENCE, Kind.DIFFERENCE, Kind.DERIVED]


@pytest.mark.parametrize(
    "number",
    [
        value(54, "n"),
        value(26.34, "n", "%", 1),
        value(0.0002, "n", "p"),
        value("yes", "n"),
        value(1.5, "n", "", 2, published=("f", "1.50"), kind="derived"),
    ],
)
def test_a_recalled_value_reads_as_it_was_recorded(number):
    record = {name: "" if entry is None else str(entry) for name, entry in number.record().items()}
    again = recall("n", pd.DataFrame([record]))
    assert again == number


def test_a_value_that_nobody_recorded_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'cse.percent'"):
        recall("cse.percnt", pd.DataFrame({"id": ["cse.percent"]}))


#: What arithmetic on counts and codes comes to, halves at the last digit shown among them.
COMPUTED = st.decimals(-1000, 1000, places=5).map(float) | st.integers(-99_999, 99_999).map(lambda n: n / 8)
NOISE = st.floats(-1e-12, 1e-12)  # far more than processors differ by


@given(COMPUTED, NOISE, st.integers(0, 4))
def test_noise_in_a_number_changes_nothing_that_is_recorded(number, noise, digits):
    clear, noisy = (value(x, "x", digits=digits).record() for x in (number, number * (1 + noise)))
    assert clear == noisy


@given(st.decimals(0, 1, places=5).map(float), NOISE)
def test_noise_in_a_p_value_changes_nothing_that_is_recorded(p, noise):
    assert value(p, "x", "p").record() == value(p * (1 + noise), "x", "p").record()


@given(COMPUTED, st.integers(0, 4), st.sampled_from(["", "%"]))
def test_the_number_recorded_is_the_one_that_is_shown(number, digits, unit):
    entry = value(number, "x", unit, digits)
    assert float(entry.number.replace("−", "-").replace(",", "")) == entry.record()["value"]


@given(st.integers(-99_999, 99_999), st.integers(0, 4))
def test_another_last_digit_is_another_record(number, digits):
    one, other = (value(n / 10**digits, "x", digits=digits).record() for n in (number, number + 1))
    assert one["value"] != other["value"] and one["text"] != other["text"]


@pytest.mark.parametrize(("number", "digits"), [(-0.0, 0), (-0.004, 2)])
def test_no_number_is_recorded_as_minus_nought(number, digits):
    assert str(value(number, "x", digits=digits).record()["value"]) == "0.0"


@pytest.mark.parametrize(("p", "number"), [(0.00096, 0.0), (0.001, 0.001), (0.9994, 0.999), (0.99945, 1.0)])
def test_a_p_value_beyond_the_digits_shown_is_recorded_as_nought_or_one(p, number):
    entry = value(p, "x", "p")
    assert entry.value == number
    assert entry.number == p_value(number) == p_value(p)
