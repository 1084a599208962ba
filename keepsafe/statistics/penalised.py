"""Two penalised fits beside maximum likelihood: Firth's, finite and less biased, and the LASSO, which also chooses."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numba import njit
from scipy import special

from keepsafe.files.disclosure import coarse, models
from keepsafe.problems import InputError
from keepsafe.statistics import diagnostics, engine
from keepsafe.statistics.columns import no_confidence, refuse
from keepsafe.statistics.design import Design, make_design
from keepsafe.statistics.fit import COEFFICIENTS, estimates, profiles

STEPS, EXACT, NOISE = 500, 1e-20, 1e-10  # Newton steps; gain that ends them; what rounding may add to a likelihood
PENALTIES = 25
LASSO_STEPS, LASSO_EXACT, SMALLEST = 100, 1e-8, 1e-5  # Newton steps; change that ends them; least weight of a case
ZERO = 1e-6  # a standardised coefficient below this is none


def firth(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    event: object = 1,
    reference: Mapping[str, object] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Fit a logistic regression by penalised maximum likelihood (Jeffreys prior), with profile intervals.

    Parameters
    ----------
    data, outcome, predictors, event, reference : as for `fit_logistic`; complete cases are used.
    confidence : of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        a row a column of the model: column, predictor, B, SE, chi2 and p (penalised likelihood ratio), df,
        odds_ratio, low, high (profile of the penalised likelihood; under disclosure control Wald's, without chi2).

    Raises
    ------
    InputError
        as `fit_logistic`; for a confidence out of range.

    Source: Firth (1993), Biometrika 80:27-38; Heinze and Schemper (2002), Statistics in Medicine 21:2409-2419.

    Examples
    --------
    >>> data = pd.DataFrame({"ill": [0, 0, 0, 0, 1, 1, 1, 1], "exposed": [0, 0, 0, 1, 1, 1, 1, 1]})
    >>> float(firth(data, "ill", ["exposed"])["odds_ratio"].round(3).iloc[1])  # by maximum likelihood infinite
    21.0
    """
    refuse(no_confidence(confidence))
    design = make_design(data, outcome, predictors, event, reference)
    if not engine.estimable(design.Z, design.y, engine.ONCE).all():
        diagnostics.stop_at(diagnostics.guards(design), design.outcome)
    tally, everything = design.tally(), np.arange(len(design.columns))
    a, best, information, converged = _maximum(design.patterns, tally, np.zeros(len(everything)), everything)
    if not converged:
        remedy = "look at its guards; join rare levels, or leave a column out"
        raise InputError.of("the penalised fit did not converge", column=design.outcome, remedy=remedy)
    V = np.linalg.inv(information)
    if design.protection:
        made = models.printed(*design.of_columns(a, V), confidence=confidence)
        frame = pd.DataFrame({"column": design.columns, "predictor": design.owners, "chi2": np.nan, "df": 1, **made})
        return frame[["chi2" if name == "Wald" else name for name in COEFFICIENTS]]

    def fallen(W, _, start):
        _, reached, _, found = _maximum(W, tally, start, everything[1:])
        return 2 * (best - reached) if found else np.nan

    rows = [
        [length * at, length * se, max(held(0.0), 0.0), *(length * end for end in ends)]
        for length, at, se, ends, held in profiles(design, a, V, fallen, confidence)
    ]
    b, se, chi2, *ends = np.array(rows).T
    return estimates(design, b, se, chi2, np.column_stack(ends)).rename(columns={"Wald": "chi2"})


def _maximum(W: np.ndarray, tally: tuple, start: np.ndarray, free: np.ndarray) -> tuple:
    """The coordinates `free` of the penalised maximum, the others held; its value, information, whether it was reached.

    The penalty is that of all columns, held or not, as in the profile of Heinze and Schemper.
    """
    b = start.copy()
    value, score, information = _penalised(W, tally, b)
    for _ in range(STEPS):
        if not np.isfinite(value):
            break
        step = np.zeros_like(b)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
        if step @ score < EXACT:
            return b, value, information, True
        size = 1.0
        while size > 1e-6:
            new = _penalised(W, tally, b + size * step)
            if new[0] >= value - NOISE:
                break
            size /= 2
        b, (value, score, information) = b + size * step, new
    return b, value, information, False


def _penalised(W: np.ndarray, tally: tuple, b: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Penalised log likelihood, its score, and the information of the data that the penalty adds to.

    `tally` is that of the design, a row of W a covariate pattern; y and cases differ under disclosure control.
    """
    trials, y, cases = tally
    eta = W @ b
    p = special.expit(eta)
    root = W * np.sqrt(trials * p * special.expit(-eta))[:, None]
    Q, R = np.linalg.qr(root)
    weight = np.einsum("ij,ij->i", Q, Q)
    likelihood = (y - cases) * eta - cases * np.logaddexp(0, -eta) - (trials - cases) * np.logaddexp(0, eta)
    with np.errstate(divide="ignore"):  # minus infinity far out, where no weight is left
        value = likelihood.sum() + np.log(np.abs(np.diag(R))).sum()
    score = W.T @ (y - trials * p + weight * (0.5 - p))
    return value, score, root.T @ (root * (1 + weight / trials)[:, None])


def lasso(design: Design, seed: int = 2019, folds: int = 10) -> pd.DataFrame:
    """A logistic regression with an L1 penalty, that of the least cross-validated deviance (Tibshirani 1996).

    A row a column of the model but the constant: predictor, column, B (shrunken, per unit of the column), kept (whether
    it is not zero), penalty (the chosen lambda, on standardised columns, as glmnet counts it). `seed` draws the parts
    of the cross-validation, over which cases and non-cases are spread evenly, in whatever order the rows are.
    """
    if design.rarer < 2:
        fault = "has one case on one side: no cross-validation can be made"
        raise InputError.of(fault, column=design.outcome, remedy="use more cases, or another outcome")
    design = design.ordered()
    y, spread = design.y, design.Z[:, 1:].std(axis=0)
    Z = np.column_stack([np.ones(len(y)), design.Z[:, 1:] / spread])
    largest = np.abs(Z[:, 1:].T @ (y - y.mean())).max()  # the penalty that leaves nothing in
    penalties = largest / np.geomspace(1, 300, PENALTIES)
    seed = (seed + design.protection.seed) % 2**32 if design.protection else seed
    fold = _folds(y > 0.5, min(folds, design.rarer), seed)  # under disclosure control y carries noise
    loss = np.zeros(PENALTIES)
    for each in range(fold.max() + 1):
        held, rows = fold == each, fold != each
        score = path(Z[rows], y[rows], penalties) @ Z[held].T
        loss += (np.logaddexp(0, score) - y[held] * score).sum(axis=1)
    best = int(np.argmin(np.round(loss / loss.min(), 9)))  # of penalties with equal loss the largest
    b = path(Z, y, penalties[: best + 1])[best][1:]
    b = np.where(np.abs(b) < ZERO, 0.0, b) / spread / design.scale[1:]
    b = coarse(b, 2) if design.protection else b
    return pd.DataFrame(
        {
            "predictor": design.owners[1:],
            "column": design.columns[1:],
            "B": b,
            "kept": b != 0,
            "penalty": np.nan if design.protection else penalties[best] / len(y),
        }
    )


def _folds(cases: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold of each person, drawn; cases and others are spread evenly, as scikit-learn's StratifiedKFold does it."""
    rng, fold, dealt = np.random.RandomState(seed), np.empty(len(cases), int), np.arange(len(cases)) % folds
    first = (cases == cases[0]).sum()
    for kind, part in ((cases[0], dealt[:first]), (~cases[0], dealt[first:])):
        fold[cases == kind] = rng.permutation(np.sort(part))
    return fold


def path(Z: np.ndarray, y: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Coefficients at falling penalties (of the sum of absolute coefficients), each from the last: a row a penalty.

    Z has a first column of ones, which is not penalised, and standardised columns. Source: Friedman, Hastie and
    Tibshirani (2010), Journal of Statistical Software 33(1): Newton steps, each solved by coordinate descent. Its
    cost is that of a few cross-products, so that it serves for many rows too.
    """
    share = y.mean()
    b = np.r_[np.log(share / (1 - share)), np.zeros(Z.shape[1] - 1)]
    found = np.empty((len(penalties), len(b)))
    for place, penalty in enumerate(penalties):
        worth = _shrunken(Z, y, b, penalty)
        for _ in range(LASSO_STEPS):
            mean = 1 / (1 + np.exp(-(Z @ b)))
            weight = np.maximum(mean * (1 - mean), SMALLEST)
            H = (Z * weight[:, None]).T @ Z
            step = descend(H, Z.T @ (y - mean) + H @ b, b, penalty) - b
            new = _shrunken(Z, y, b + step, penalty)
            while new > worth + 1e-10 * abs(worth) and np.abs(step).max() > LASSO_EXACT:
                step /= 2
                new = _shrunken(Z, y, b + step, penalty)
            b, worth = b + step, new
            if np.abs(step).max() <= LASSO_EXACT:
                break
        found[place] = b
    return found


def _shrunken(Z: np.ndarray, y: np.ndarray, b: np.ndarray, penalty: float) -> float:
    score = Z @ b
    return np.logaddexp(0, score).sum() - y @ score + penalty * np.abs(b[1:]).sum()


@njit(cache=True)
def descend(H, g, start, penalty):
    """The b that makes b'Hb / 2 - g'b + penalty |b| least, one coordinate after the other; the first is free."""
    b = start.copy()
    left = g - H @ b
    for _ in range(10_000):
        largest = 0.0
        for j in range(len(b)):
            pull = left[j] + H[j, j] * b[j]
            if j == 0:
                new = pull / H[j, j]
            else:
                new = np.sign(pull) * max(abs(pull) - penalty, 0.0) / H[j, j]
            change = new - b[j]
            if change != 0.0:
                left -= H[:, j] * change
                b[j] = new
                largest = max(largest, abs(change))
        if largest < LASSO_EXACT / 100:
            break
    return b
