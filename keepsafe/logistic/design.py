"""From a data frame to the arrays of a logistic regression: terms, contrasts, complete cases, every fault at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from keepsafe.problems import InputError, Problem


@dataclass(frozen=True)
class Design:
    """The arrays of a logistic regression.

    `X` begins with a column of ones; `columns` names its columns and `terms` says to which predictor each belongs
    (1, 2, ...; 0 for the constant), so that the contrasts of a factor stay together. `rows` are the positions of the
    complete cases, and `left_out` counts the others.
    """

    X: np.ndarray
    y: np.ndarray
    columns: tuple[str, ...]
    terms: np.ndarray
    predictors: tuple[str, ...]
    rows: np.ndarray
    left_out: int

    @property
    def events(self) -> int:
        """Cases with the outcome."""
        return int(self.y.sum())

    def part(self, predictors: Sequence[str]) -> "Design":
        """The same cases with fewer predictors, in the order of the design."""
        kept = [place for place, name in enumerate(self.predictors, 1) if name in set(predictors)]
        mask = np.isin(self.terms, [0, *kept])
        renumbered = {0: 0} | {old: new for new, old in enumerate(kept, 1)}
        return Design(
            self.X[:, mask], self.y, tuple(np.array(self.columns)[mask]),
            np.array([renumbered[term] for term in self.terms[mask]]), tuple(self.predictors[k - 1] for k in kept),
            self.rows, self.left_out,
        )  # fmt: skip


def make_design(data: pd.DataFrame, outcome: str, predictors: Sequence[str], event: object = 1,
                reference: Mapping[str, object] | None = None) -> Design:  # fmt: skip
    """Build the arrays from complete cases over the outcome and all predictors.

    Parameters
    ----------
    data : one row a person.
    outcome : a column with two values; `event` is the one that is modelled.
    predictors : columns. Numbers are used as they are; text and categories become indicators against a reference
        level; "a:b" is the product of two numeric columns.
    event : the value of the outcome that is modelled.
    reference : reference level of a category, by column; by default its first level.

    Returns
    -------
    Design

    Raises
    ------
    InputError
        with every fault: names that do not exist or appear twice, a predictor that equals the outcome, columns that
        are constant, all missing, infinite, or text where numbers are needed, an outcome with one level.
    """
    predictors = [predictors] if isinstance(predictors, str) else list(predictors)
    reference = dict(reference or {})
    sources = [part for name in predictors for part in name.split(":")]
    _check_names(data, outcome, predictors, sources)
    needed = data[[outcome, *dict.fromkeys(sources)]]
    complete = needed.notna().all(axis=1).to_numpy()
    problems = [Problem("every value is missing", column=name, remedy="leave it out") for name in needed
                if needed[name].isna().all()]  # fmt: skip
    if not problems and not complete.any():
        problems.append(Problem("no case is complete on the outcome and all predictors", column=outcome,
                                remedy="leave out the predictors with most missing values"))  # fmt: skip
    if problems:
        raise InputError(problems)
    kept = needed[complete]
    y = (kept[outcome].astype("str") == str(event)).to_numpy(float)
    problems = _check_outcome(kept[outcome], outcome, event, y)
    arrays, names, terms = [np.ones(len(kept))], ["const"], [0]
    for term, name in enumerate(predictors, 1):
        try:
            for label, values in _contrasts(kept, name, reference.get(name)):
                arrays.append(values)
                names.append(label)
                terms.append(term)
                if not problems and np.array_equal(values, y):
                    problems.append(Problem("equals the outcome", column=name, remedy="leave it out"))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    rows = np.flatnonzero(complete)
    return Design(np.column_stack(arrays), y, tuple(names), np.array(terms), tuple(predictors), rows,
                  len(data) - len(rows))  # fmt: skip


def _check_names(data: pd.DataFrame, outcome: str, predictors: list[str], sources: list[str]) -> None:
    problems = [Problem("no such column", column=name, remedy="check the spelling")
                for name in dict.fromkeys([outcome, *sources]) if name not in data.columns]  # fmt: skip
    problems += [Problem("the data have two columns of this name", column=name, remedy="rename one of them")
                 for name in dict.fromkeys([outcome, *sources]) if (data.columns == name).sum() > 1]  # fmt: skip
    problems += [Problem("is named twice among the predictors", column=name, remedy="name it once")
                 for name in dict.fromkeys(predictors) if predictors.count(name) > 1]  # fmt: skip
    if outcome in sources:
        problems.append(Problem("is the outcome and a predictor", column=outcome, remedy="leave it out of the predictors"))
    if not predictors:
        problems.append(Problem("there are no predictors", remedy="name at least one column"))
    if problems:
        raise InputError(problems)


def _check_outcome(values: pd.Series, outcome: str, event: object, y: np.ndarray) -> list[Problem]:
    levels = sorted(values.astype("str").unique())
    if len(levels) > 2:
        return [Problem(f"has {len(levels)} values, and a logistic regression needs two", column=outcome,
                        remedy="make it 0 and 1")]  # fmt: skip
    if y.all() or not y.any():
        return [Problem(f"has only the value {', '.join(levels)} among complete cases (the event is {event})",
                        column=outcome, remedy="choose another outcome or event")]  # fmt: skip
    return []


def _contrasts(kept: pd.DataFrame, name: str, reference: object) -> list[tuple[str, np.ndarray]]:
    """The columns of one term, each with its name."""
    if ":" in name:
        first, second = (_numbers(kept[part], part) for part in name.split(":", 1))
        return [(name, _varying(first * second, name))]
    column = kept[name]
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return [(name, _varying(_numbers(column, name), name))]
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels = [str(level) for level in column.cat.categories if (column == level).any()]
    else:
        _refuse_numbers_as_text(column, name)
        levels = sorted(column.astype("str").unique())
    if len(levels) < 2:
        raise InputError.of(f"has only the level {', '.join(levels)} among complete cases", column=name, remedy="leave it out")
    base = str(reference) if reference is not None else levels[0]
    if base not in levels:
        raise InputError.of(f"has no level {base!r} to refer to", column=name, remedy=f"its levels are {', '.join(levels)}")
    text = column.astype("str")
    return [(f"{name}={level}", (text == level).to_numpy(float)) for level in levels if level != base]


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
        raise InputError.of("holds text where numbers are needed", column=name, remedy="recode it as a number")
    values = column.to_numpy(float)
    if not np.isfinite(values).all():
        raise InputError.of("has infinite values", column=name, remedy="correct them or make them missing")
    return values


def _varying(values: np.ndarray, name: str) -> np.ndarray:
    if values.min() == values.max():
        raise InputError.of("is the same for every complete case", column=name, remedy="leave it out")
    return values


def _refuse_numbers_as_text(column: pd.Series, name: str) -> None:
    text = column.astype("str")
    numeric = pd.to_numeric(text, errors="coerce").notna()
    if numeric.mean() > 0.5:
        raise InputError.of("holds numbers as text", column=name, remedy="convert it with pandas.to_numeric, or make it a category")
