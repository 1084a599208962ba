"""Sentences: formats stand in them, names come by themselves, and what does not fit is said at once."""

from types import SimpleNamespace

import pandas as pd
import pytest

from keepsafe.problems import InputError
from keepsafe.telling import VALUES
from keepsafe.telling.opened import LeftOut
from keepsafe.telling.sentences import filled, say, sentence
from keepsafe.telling.values import value


def faults(text: str, **fields) -> list[str]:
    with pytest.raises(InputError) as caught:
        say(text, **fields)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("field", "number", "text"),
    [
        ("{x}", 1702, "1,702"),
        ("{x:d}", 54.0, "54"),
        ("{x:.1f}", 0.25, "0.3"),
        ("{x:.1%}", 0.26341, "26.3%"),
        ("{x:.0%}", 0.5, "50%"),
        ("{x:.1f}%", 26.341, "26.3%"),
        ("{x:p}", 0.0004, "p < .001"),
        ("{x:p}", 0.032, "p = .032"),
        ("{x}", "female", "female"),
        ("{x:.1f}", None, "–"),
        ("{x:.1f}", float("nan"), "–"),
        ("{x}", True, "yes"),
        ("{{x}} is {x}", 5, "{x} is 5"),
    ],
)
def test_a_field_is_written_as_python_writes_a_format(field, number, text):
    assert str(say(f"s: {field}", x=number)) == text


def test_a_number_is_named_after_the_sentence_and_the_field():
    fit, row = SimpleNamespace(n=205, deep={"p": 0.01}), pd.Series({"low": 1.5, "high": 2.5})
    made = say("stable.two: {fit.n}, {row[low]:.1f} to {row.high:.1f}, {fit.deep[p]:p}", fit=fit, row=row)
    assert [entry.id for entry in made.values.values()] == [
        "stable.two.fit.n",
        "stable.two.row.low",
        "stable.two.row.high",
        "stable.two.fit.deep.p",
    ]


def test_fields_are_variables_that_stand_where_the_sentence_does():
    inner = 3  # noqa: F841 - the sentence uses it
    assert str(say("s: {inner}, {outer}", outer=4)) == "3, 4"
    assert str(say("s: {inner}", inner=5)) == "5"  # what is given comes before what stands there


def test_a_recorded_value_keeps_its_own_name():
    assert say("s: {x}", x=value(5, "files.n")).values["x"].id == "files.n"


def test_a_published_figure_is_computed_again_in_its_own_format(study):
    made = say("s: Of {L72.person_id.total.count}, {table_3.neglect.p1.total.percent}.")
    share = 100 * study.cohort["neglect_p1"].astype(float).mean()
    assert str(made) == f"Of 205, {share:.1f}%."
    entry = made.values["table_3.neglect.p1.total.percent"]
    assert (entry.kind, entry.published) == ("calibrated", ("table_3.neglect.p1.total.percent", "50.7%"))


def test_an_output_carries_value_unit_rounding_counterpart_and_kind(kinds):
    kinds("cse.share,calibrated,protected,L110.cse.total.percent,\n")
    bundle = say("cse: **{share:.1%}**", share=0.263412345678)._repr_mimebundle_()
    assert (bundle["text/plain"], bundle["text/markdown"]) == ("26.3%", "**26.3%**")
    assert bundle[VALUES] == {
        "template": "**{share}**",
        "values": [
            {
                "field": "share",
                "id": "cse.share",
                "value": 26.3,
                "text": "26.3%",
                "unit": "%",
                "digits": 1,
                "figure": "L110.cse.total.percent",
                "printed": "26.3%",
                "kind": "calibrated",
                "invented": False,
            }
        ],
    }


def test_lines_are_joined_and_a_blank_line_parts_paragraphs():
    assert str(say("s: One\n    line.\n\n    Another\n    one.")) == "One line.\n\nAnother one."


def test_a_label_cannot_pose_as_markup():
    made = say("s: {label}", label="<script>x</script> *a* [b](c) | `d`")._repr_mimebundle_()["text/markdown"]
    assert "<" not in made and r"\*a\* \[b\](c) \| \`d\`" in made


def test_every_field_without_a_value_is_named_with_its_remedy():
    assert faults("moves: {gone} and {L110.cse.total.cont}, {there}", there=1) == [
        "column gone: the sentence 'moves', field {gone}: has no value; "
        "work it out on a line before, or write the id of a published figure",
        "column L110.cse.total.cont: the sentence 'moves', field {L110.cse.total.cont}: has no value; "
        "did you mean L110.cse.total.count?",
    ]


@pytest.mark.parametrize(
    ("field", "number", "said"),
    [
        ("{x:g}", 1, "the format 'g' is not understood; write .1f, .1% (of a share), p (a p-value)"),
        ("{x:.1f}", "many", "is text, which has no format '.1f'"),
        ("{x:.1%}", True, "is text, which has no format '.1%'"),
        ("{x}", 0.5, "is a fraction and needs a format"),
        ("{x:d}", "many", "is text, which has no format 'd'"),
        ("{x[gone]}", {"here": 1}, "gone"),
        ("{x.gone}", 1, "gone"),
        ("{L110.cse.total.count:.1f}", 1, "is a published figure, which has its own format"),
    ],
)
def test_a_field_that_cannot_be_shown_is_named_with_its_sentence(field, number, said):
    [fault, *_] = faults(f"moves: {field}", x=number)
    assert "the sentence 'moves', field {" in fault and said in fault


def test_a_value_that_no_field_names_is_refused():
    assert faults("s: {a}", a=1, c=2) == [
        "column c: the sentence 's', field {c}: is not in the sentence; take it out of the call"
    ]


def test_one_field_in_two_formats_is_refused():
    assert "stands twice with two formats" in faults("s: {a:.1f} and {a:.2f}", a=1.234)[0]
    assert str(say("s: {a:.1f} and {a:.1f}", a=1.234)) == "1.2 and 1.2"


def test_two_values_of_one_name_are_refused():
    row = pd.Series({"size": 7, "n": 1})  # row.size is what pandas calls its length
    [fault] = faults("s: {row[size]} and {row.size}", row=row)
    assert "field {row.size}: is the second value called s.row.size; give it another name" in fault
    assert str(say("s: {row[n]} and {row.n}", row=row)) == "1 and 1"


@pytest.mark.parametrize("text", ["There are {n}.", "two words: {n}", ":", "name:", "name:  "])
def test_a_sentence_without_a_name_or_words_is_refused_with_an_example(text):
    with pytest.raises(InputError, match=r'begin it with a name and a colon: say\("moves: ...'):
        say(text, n=1)


def test_a_sentence_of_which_nothing_stands_says_so_under_disclosure_control(controlled, kinds):
    kinds("other,derived,,,\n")
    shown = say("few: {n} of {share:.1%}", n=3, share=0.2)
    assert isinstance(shown, LeftOut) and shown.why == "Withheld by disclosure control: a sentence"
    assert str(say("some: {n} of {all}.", n=3, all=55)) == "– of 55."


def test_a_sentence_kept_as_data_computes_the_figures_that_it_names():
    assert str(filled("Of {L72.person_id.total.count} of them.")) == "Of 205 of them."
    with pytest.raises(InputError, match="did you mean 'L72.person_id.total.count'"):
        filled("Of {L72.person_id.total.cont}.")


def test_bold_is_marked_and_values_are_shown_as_asked():
    made = sentence("**{n}** of *them*", n=value(5, "n"))
    assert str(made) == "5 of *them*"
    assert made.fill(lambda entry: f"<{entry.number}>") == "**<5>** of *them*"


def test_a_brace_that_is_not_closed_is_named_with_its_sentence():
    with pytest.raises(InputError, match="the sentence 'audit': a brace is not closed; write {x:.1f}, and {{ for a br"):
        say("audit: {x:.1f", x=1)


def test_a_mistyped_variable_is_told_its_neighbour_and_no_far_figure():
    with pytest.raises(InputError, match="has no value; did you mean males"):
        say("cse: {malse}", males=13)
    with pytest.raises(InputError, match="has no value; work it out on a line before"):
        say("cse: {L999.nothing.total.percent}")
