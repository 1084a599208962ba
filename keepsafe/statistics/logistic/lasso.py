"""The LASSO beside backward elimination: another way to choose, by shrinking coefficients until some are zero."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numba import njit

from keepsafe.files.disclosure import coarse
from keepsafe.problems import InputError
from keepsafe.statistics.logistic.design import Design, make_design

PENALTIES = 25
STEPS, EXACT, SMALLEST = 100, 1e-8, 1e-5  # Newton steps; change that ends them; least weight of a case
ZERO = 1e-6  # a standardised coefficient below this is none


def lasso(
    data: pd.DataFrame,
    outcome: str,
    predictors: Sequence[str],
    seed: int = 2019,
    folds: int = 10,
    event: object = 1,
    reference: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Fit a logistic regression with an L1 penalty chosen by cross-validation.

    Parameters
    ----------
    data, outcome, predictors, event, reference : as for `fit_logistic`.
    seed : of the random parts of the cross-validation; equal seeds give equal results, in whatever order the rows are.
    folds : parts of the cross-validation; cases and non-cases are spread evenly over them.

    Returns
    -------
    DataFrame
        a row a column of the model (without the constant): predictor, column, B (shrunken, per unit of the column),
        kept (whether it is not zero), penalty (the chosen lambda, on standardised columns, as glmnet counts it).

    Raises
    ------
    InputError
        as `make_design`.

    Source: Tibshirani (1996); the penalty has the least cross-validated deviance, over folds by scikit-learn.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.integers(0, 2, (200, 3)), columns=list("abc"))
    >>> data["ill"] = rng.random(200) < 0.2 + 0.5 * data["a"]
    >>> bool(lasso(data, "ill", list("abc"), event=True).loc[0, "kept"])
    True
    """
    return lasso_of(make_design(data, outcome, predictors, event, reference), seed, folds)


def lasso_of(design: Design, seed: int = 2019, folds: int = 10) -> pd.DataFrame:
    """The LASSO of a design; as `lasso`."""
    from sklearn.model_selection import StratifiedKFold

    if design.rarer < 2:
        raise InputError.of("has one case on one side: no cross-validation can be made", column=design.outcome,
                            remedy="use more cases, or another outcome")  # fmt: skip
    design = design.ordered()
    y, spread = design.y, design.Z[:, 1:].std(axis=0)
    Z = np.column_stack([np.ones(len(y)), design.Z[:, 1:] / spread])
    largest = np.abs(Z[:, 1:].T @ (y - y.mean())).max()  # the penalty that leaves nothing in
    penalties = largest / np.geomspace(1, 300, PENALTIES)
    folds = StratifiedKFold(min(folds, design.rarer), shuffle=True, random_state=seed)
    loss = np.zeros(PENALTIES)
    for rows, held in folds.split(Z, y > 0.5):  # under disclosure control y carries noise
        score = path(Z[rows], y[rows], penalties) @ Z[held].T
        loss += (np.logaddexp(0, score) - y[held] * score).sum(axis=1)
    best = int(np.argmin(np.round(loss / loss.min(), 9)))  # of penalties with equal loss the largest
    b = path(Z, y, penalties[: best + 1])[best][1:]
    b = np.where(np.abs(b) < ZERO, 0.0, b) / spread / design.scale[1:]
    b = coarse(b, 2) if design.protection else b
    return pd.DataFrame({
        "predictor": design.owners[1:], "column": design.columns[1:], "B": b, "kept": b != 0,
        "penalty": np.nan if design.protection else penalties[best] / len(y),
    })  # fmt: skip


def path(Z: np.ndarray, y: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Coefficients at one penalty after the other, each from the last: a row a penalty.

    Parameters
    ----------
    Z : standardised columns, after a first one of ones, which is not penalised.
    y : 0 or 1.
    penalties : of the sum of absolute coefficients, falling.

    Source: Friedman, Hastie and Tibshirani (2010), Journal of Statistical Software 33(1): Newton steps, each solved by
    coordinate descent. Its cost is that of a few cross-products, so that it serves for many rows too.
    """
    share = y.mean()
    b = np.r_[np.log(share / (1 - share)), np.zeros(Z.shape[1] - 1)]
    found = np.empty((len(penalties), len(b)))
    for place, penalty in enumerate(penalties):
        worth = _penalised(Z, y, b, penalty)
        for _ in range(STEPS):
            mean = 1 / (1 + np.exp(-(Z @ b)))
            weight = np.maximum(mean * (1 - mean), SMALLEST)
            H = (Z * weight[:, None]).T @ Z
            step = descend(H, Z.T @ (y - mean) + H @ b, b, penalty) - b
            new = _penalised(Z, y, b + step, penalty)
            while new > worth + 1e-10 * abs(worth) and np.abs(step).max() > EXACT:
                step /= 2
                new = _penalised(Z, y, b + step, penalty)
            b, worth = b + step, new
            if np.abs(step).max() <= EXACT:
                break
        found[place] = b
    return found


def _penalised(Z: np.ndarray, y: np.ndarray, b: np.ndarray, penalty: float) -> float:
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
        if largest < EXACT / 100:
            break
    return b
