"""How a number is printed: rounded half up, p-values as the field prints them, text that is no markup."""

import pytest

from keepsafe.telling.sentences import read_format
from keepsafe.telling.values import escape, p_value, rounded


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


@pytest.mark.parametrize("spec", ["g", ".1e", ",", "0.1f", ".10f", "%", "pp", "5d", ".f"])
def test_a_format_that_sentences_do_not_know_is_refused(spec):
    with pytest.raises(ValueError):
        read_format(spec)


def test_text_cannot_pose_as_markup():
    assert escape("<b> *a* [c](d) | `e` ~ #f $g$ _h_ \\") == (
        r"&lt;b&gt; \*a\* \[c\](d) \| \`e\` \~ \#f \$g\$ \_h\_ " + "\\\\"
    )
