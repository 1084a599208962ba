"""The LASSO beside backward elimination: another way to choose, by shrinking coefficients until some are zero."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from keepsafe.logistic.design import Design, make_design

PENALTIES = 25


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
    seed : of the random parts of the cross-validation; equal seeds give equal results.
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

    Source: Tibshirani (1996); the fit is scikit-learn's; the penalty has the least cross-validated deviance.

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
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    X, y = design.X[:, 1:], design.y
    spread = X.std(axis=0)
    Z = (X - X.mean(axis=0)) / spread
    largest = np.abs(Z.T @ (y - y.mean())).max()  # the penalty that leaves nothing in
    strengths = np.geomspace(1, 300, PENALTIES) / largest
    options = {"l1_ratio": 1.0, "solver": "saga", "max_iter": 10_000, "tol": 1e-5, "random_state": seed}

    def path(rows: np.ndarray) -> Iterator[np.ndarray]:
        """Constant and coefficients at one penalty after the other, each from the last."""
        model = LogisticRegression(warm_start=True, **options)
        for strength in strengths:
            fitted = model.set_params(C=strength).fit(Z[rows], y[rows])
            yield np.r_[fitted.intercept_, fitted.coef_[0]]

    folds = StratifiedKFold(min(folds, design.rarer), shuffle=True, random_state=seed)
    loss = np.zeros(PENALTIES)
    for rows, held in folds.split(Z, y):
        score = np.array([b[0] + Z[held] @ b[1:] for b in path(rows)])
        loss += (np.logaddexp(0, score) - y[held] * score).sum(axis=1)
    best = int(np.argmin(loss))
    b = list(path(np.arange(len(y))))[best][1:] / spread
    return pd.DataFrame({
        "predictor": design.owners[1:], "column": design.columns[1:], "B": b, "kept": b != 0,
        "penalty": 1 / (strengths[best] * len(y)),
    })  # fmt: skip
