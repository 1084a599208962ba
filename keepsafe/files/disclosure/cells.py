"""Whether what stands in a table tells of few persons, of one, or of everybody in a group."""

import numpy as np

from keepsafe.files.disclosure.limits import Limits

DOMINANCE = 0.15  # the share of the largest value within which nobody may be able to work it out


def dominated(values: np.ndarray) -> bool:
    """Whether a sum, mean or standard deviation gives one person's value away: the p% rule, with p = 15.

    Parameters
    ----------
    values : of the persons who are known; the order does not count.

    Returns
    -------
    bool
        whether the person with the second largest value, taking away their own, knows the largest to within 15%. That
        is looked at for the values, which a mean gives the sum of, and for their squared distances from the mean, of
        which a standard deviation gives the sum; of squares 30% is 15% of the value.

    Source: Hundepool et al. (2012), Statistical Disclosure Control, chapter 4.

    Examples
    --------
    >>> dominated(np.r_[np.arange(1.0, 200.0), 184_250.0]), dominated(np.arange(1.0, 200.0))
    (True, False)
    """
    values = np.asarray(values, float)
    if len(values) < 2:
        return len(values) == 1
    return _led(np.abs(values), DOMINANCE) or _led((values - values.mean()) ** 2, 2 * DOMINANCE)


def _led(parts: np.ndarray, share: float) -> bool:
    parts = np.sort(parts)
    return bool(parts[-1] > 0 and parts[:-2].sum() < share * parts[-1] * (1 - 1e-9))


def tells_of_numbers(values: np.ndarray, limits: Limits) -> bool:
    """Whether mean and standard deviation of the known values tell of few, of one, or of everybody.

    Few may neither be known nor be above nought; and where all have one value, the mean is everybody's.
    """
    if limits.small([len(values), np.count_nonzero(values)]):
        return True
    same = len(values) > 0 and values.min() == values.max() != 0
    return len(values) > 0 and ((same and not limits.whole) or dominated(values) and not same)


def tells_of_everybody(events: np.ndarray, cases: np.ndarray, limits: Limits) -> bool:
    """Whether all persons of a group have one level: what is known of the group is then known of each.

    Parameters
    ----------
    events : groups x levels, how many have each level.
    cases : groups x 1, of how many it is known.
    """
    return not limits.whole and bool(((events == cases) & (cases > 0)).any())
