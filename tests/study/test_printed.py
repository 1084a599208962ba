"""What a rounded figure can stand for, held against rounding every count with the decimal module."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from keepsafe.problems import InputError
from keepsafe.study.published import as_printed, fits, possible_counts, possible_values

ROUNDING = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def by_hand(k: int, n: int, decimals: int, rule: str, scale: int = 100) -> Decimal:
    return (Decimal(scale * int(k)) / Decimal(n)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUNDING[rule])


@pytest.mark.parametrize("rule", ["half_up", "half_even"])
@pytest.mark.parametrize("decimals", [0, 1, 2])
@pytest.mark.parametrize("n", [1, 3, 8, 16, 40, 54, 69, 200, 205, 1000])
def test_every_count_prints_as_decimal_arithmetic_says(n, decimals, rule):
    counts = np.arange(n + 1)
    expected = [float(by_hand(k, n, decimals, rule)) for k in counts]
    assert as_printed(counts, n, decimals, rule).tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("rule", ["half_up", "half_even"])
@pytest.mark.parametrize(("n", "decimals"), [(8, 0), (40, 1), (54, 1), (205, 1), (205, 0), (1600, 1)])
def test_possible_counts_are_exactly_those_that_print_as_the_figure(n, decimals, rule):
    figures: dict[Decimal, list[int]] = {}
    for k in range(n + 1):
        figures.setdefault(by_hand(k, n, decimals, rule), []).append(k)
    for units in range(100 * 10**decimals + 1):
        figure = Decimal(units).scaleb(-decimals)
        low, high = possible_counts(float(figure), decimals, n, rule=rule)
        assert list(range(low, high + 1)) == figures.get(figure, [])


def test_either_rule_allows_what_each_of_them_allows():
    # 1 of 16 is 6.25 %: 6.3 rounded half up, 6.2 rounded half to even
    assert fits(1, 16, [6.2, 6.3], 1).tolist() == [True, True]
    assert fits(1, 16, [6.2, 6.3], 1, rule="half_up").tolist() == [False, True]
    assert fits(1, 16, [6.2, 6.3], 1, rule="half_even").tolist() == [True, False]


def test_a_mean_of_whole_numbers_stands_for_their_sum():
    # 123/53 = 2.3208 prints as 2.32; no whole sum over 54 does: 125/54 = 2.315, 126/54 = 2.333
    low, high = possible_counts(2.32, 2, [53, 54], scale=1)
    assert low[0] == high[0] == 123
    assert low[1] > high[1]


def test_words_are_read_as_their_definition_says():
    low, high = possible_values(50, 0, ["almost", "about", "over"])
    assert low == pytest.approx([42.5, 45, 50])
    assert high[:2] == pytest.approx([50, 55]) and np.isinf(high[2])
    assert low[2] > 50 > high[0]
    low, high = possible_counts(50, 0, 205, ["almost", "over"])
    assert (low.tolist(), high.tolist()) == ([88, 103], [102, 205])


def test_a_percentage_of_everybody_is_no_more_than_everybody():
    assert [int(end) for end in possible_counts(100.0, 1, 54)] == [54, 54]


def test_an_unknown_rule_is_refused():
    with pytest.raises(InputError, match="half_down"):
        possible_counts(50.0, 1, 54, rule="half_down")
