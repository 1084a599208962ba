"""Columns worked out for the whole frame at once: intervals, effect sizes, false discovery rate."""

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.statistics import intervals

EFFECTS = ("risk_difference", "risk_ratio", "odds_ratio", "mean_difference", "smd", "cramers_v")


def with_effects(frame: pd.DataFrame, pooled: bool, confidence: float) -> pd.DataFrame:
    """Add percentages and effect sizes with their intervals, each group against its contrast's first."""
    out = frame.copy()
    k, n = out["k"].to_numpy(float), out["denominator"].to_numpy(float)
    low, high = intervals.wilson(k, n, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        out["percent"], out["percent_low"], out["percent_high"] = 100 * k / n, 100 * low, 100 * high
    mean, sd = out["mean"].to_numpy(float), out["sd"].to_numpy(float)
    out["mean_low"], out["mean_high"] = intervals.mean_interval(mean, sd, n, confidence)
    second = out["reference"] != ""
    counted, averaged = out[second & out["k"].notna()], out[second & out["mean"].notna()]
    proportions = [counted[name].to_numpy(float) for name in ("k", "denominator", "k0", "n0")]
    for name in ("risk_difference", "risk_ratio", "odds_ratio"):
        _put(out, name, counted.index, getattr(intervals, name)(*proportions, confidence))
    moments = [averaged[name].to_numpy(float) for name in ("mean", "sd", "denominator", "mean0", "sd0", "n0")]
    _put(out, "mean_difference", averaged.index, intervals.mean_difference(*moments, pooled, confidence))
    _put(out, "smd", averaged.index, intervals.standardised_mean_difference(*moments, confidence))
    tested = out[out["pearson"].notna()]
    tables = [tested[name].to_numpy(float) for name in ("pearson", "table_df", "cases", "smaller")]
    _put(out, "cramers_v", tested.index, intervals.cramers_v(*tables, confidence))
    return out


def false_discovery(frame: pd.DataFrame) -> pd.Series:
    """Benjamini and Hochberg's (1995) q, each test once; variables' and level tests are two families."""
    q = pd.Series(np.nan, frame.index)
    level = frame["level"].where(frame["tested"] == "level", "")
    test = frame.assign(level=level).groupby(["variable", "stratum", "contrast", "level"], sort=False).ngroup()
    for family in ("variable", "level"):
        rows = (frame["tested"] == family) & frame["p"].notna()
        once = rows & ~test.where(rows).duplicated()
        if once.any():
            adjusted = pd.Series(stats.false_discovery_control(frame.loc[once, "p"]), test[once])
            q[rows] = test[rows].map(adjusted)
    return q


def _put(frame: pd.DataFrame, name: str, index: pd.Index, estimate: tuple[np.ndarray, ...]) -> None:
    for suffix, values in zip(("", "_low", "_high"), estimate, strict=True):
        frame[name + suffix] = pd.Series(values, index).reindex(frame.index)
