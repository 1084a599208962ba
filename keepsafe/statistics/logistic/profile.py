"""Ends of an interval by profile likelihood: where holding one coefficient lowers the likelihood by the chi-square."""

from collections.abc import Callable

import numpy as np
from scipy import optimize, stats

from keepsafe.statistics import irls
from keepsafe.statistics.logistic.design import Design

FURTHEST = 60  # the distance searched doubles this often before an end counts as not there


def turned(design: Design, place: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The design in other coordinates, of which the first is one coefficient of X, and the rest stay well apart.

    Returns the columns W = Z Q, the orthonormal Q, and by how much the first coordinate has to be multiplied.
    """
    towards = design.back[place]
    length = float(np.linalg.norm(towards))
    Q = np.linalg.qr((towards / length)[:, None], mode="complete")[0]
    Q[:, 0] = towards / length
    return np.ascontiguousarray(design.Z @ Q), Q, length


def ends(fallen: Callable[[float], float], estimate: float, se: float, confidence: float) -> list[float]:
    """Both ends of an interval; nan for one that does not exist, or whose fits do not converge.

    Parameters
    ----------
    fallen : how far the deviance rises where the coefficient is held at a value; nan where that is not known.
    estimate, se : of the coefficient; where the search begins, and its first step.
    confidence : between 0 and 1.
    """
    limit = stats.chi2.ppf(confidence, 1)
    found = []
    for sign in (-1, 1):
        step = sign * stats.norm.ppf(0.5 + confidence / 2) * se
        rise, tried = fallen(estimate + step) - limit, 0
        while rise < 0 and tried < FURTHEST:
            step, tried = 2 * step, tried + 1
            rise = fallen(estimate + step) - limit
        if not rise >= 0:
            found.append(np.nan)
            continue
        end = optimize.brentq(lambda share, step=step: fallen(estimate + share * step) - limit, 0, 1, xtol=1e-11)
        found.append(estimate + end * step)
    return found


def profile(design: Design, a: np.ndarray, V: np.ndarray, deviance: float, confidence: float) -> np.ndarray:
    """Ends for every coefficient of X (p x 2), from the estimate `a` in terms of Z and its covariance."""
    found = np.empty((len(a), 2))
    for place in range(len(a)):
        W, Q, length = turned(design, place)
        held, rest, spread = W[:, 0].copy(), np.ascontiguousarray(W[:, 1:]), Q.T @ V @ Q
        at, slope = Q.T @ a, spread[1:, 0] / spread[0, 0]

        def fallen(value, held=held, rest=rest, at=at, slope=slope):
            start = at[1:] + slope * (value - at[0])
            for begin in (start, None):
                _, _, raised, converged = irls.fit(rest, design.y, begin, max_iter=100, offset=held * value)
                if converged:
                    return raised - deviance
            return np.nan

        found[place] = length * np.array(ends(fallen, at[0], np.sqrt(spread[0, 0]), confidence))
    return found
