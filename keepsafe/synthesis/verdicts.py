"""Whether a cohort holds each printed figure, comparison and claim: one line each, with its verdict."""

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.recompute import members, recompute
from keepsafe.study import Study
from keepsafe.synthesis.claimed import CLAIM_COLUMNS, MET, NOT_MET, claims_held

CANNOT, OUTSIDE = "cannot hold", "not a matter of the cohort"
COLUMNS = CLAIM_COLUMNS
P_05, P_10 = 0.05, 0.10
#: What the report says of itself and no cohort can show.
SAID_ONLY = (
    "years_followed",
    "files_read_for_coding_frame",
    "phases",
    "files_coded_twice",
    "responses",
    "file_id",
)


def verdicts(
    figures: pd.DataFrame, comparisons: pd.DataFrame, claims: pd.DataFrame, cohort: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Every statement of the report beside what the cohort says.

    Parameters
    ----------
    figures, comparisons, claims : as their loaders return them.
    cohort : as `clean` returns it.

    Returns
    -------
    DataFrame
        kind (figure, comparison, claim), statement, target, value, verdict: met; not met; cannot hold (with
        the other printed figures); not a matter of the cohort.
    """
    parts = {
        "figure": figures_held(figures, cohort, study),
        "comparison": comparisons_held(comparisons, figures, cohort, study),
        "claim": claims_held(claims, cohort, study),
    }
    return pd.concat([part.assign(kind=kind) for kind, part in parts.items()], ignore_index=True)[["kind", *COLUMNS]]


def figures_held(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each printed figure against the one computed again."""
    rows = recompute(figures, cohort, study)
    cannot = study.settings.get("synthesis", {}).get("cannot_hold", [])
    categories = (figures["variable"] == study.settings["cohort"]["category"]) & (figures["level"] == "")
    said = figures["variable"].isin(SAID_ONLY) | categories
    agrees = rows["agrees"].fillna(False).to_numpy(bool)
    verdict = np.select([said, agrees, figures["id"].isin(cannot)], [OUTSIDE, MET, CANNOT], NOT_MET)
    words = figures["qualifier"].where(figures["qualifier"] != "exactly", "")
    target = (words + " " + figures["value"]).str.strip()
    value = rows["recomputed"].map(lambda x: "" if pd.isna(x) else f"{x:.6g}")
    return pd.DataFrame({"statement": figures["id"], "target": target, "value": value, "verdict": verdict})


def comparisons_held(
    comparisons: pd.DataFrame, figures: pd.DataFrame, cohort: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Each comparison against Pearson's test (shares) or Welch's (means), with its direction."""
    rows = []
    fixed = _fixed(figures)
    for row in comparisons.itertuples():
        pair = _pair(row, cohort, study)
        column = study.column(row.variable, row.phase)
        target = " ".join(filter(None, (row.wording, row.marker, row.direction)))
        what = ".".join(filter(None, (row.variable, row.level or "mean", row.phase and f"p{row.phase}")))
        name = " ".join(filter(None, (what, row.contrast, row.stratum, f"(L{row.source_line})")))
        if pair is None:
            rows.append((name, target, *_other(row, cohort, study)))
            continue
        a, b = (_values(cohort[part], column, row.level) for part in pair)
        p = _pearson(a, b) if row.level else _welch(a, b)
        gap = b.mean() - a.mean()
        fine = _agrees(p, row) and _points(gap, row.direction, p)
        printed = {(row.variable, row.level, row.phase, group) for group in _groups(row, study)}
        verdict = MET if fine else CANNOT if printed and printed <= fixed else NOT_MET
        rows.append((name, target, f"p = {p:.4f}, difference {gap:+.3f}", verdict))
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found.assign(verdict=_of_most(found["verdict"], comparisons))


def _of_most(verdict: pd.Series, comparisons: pd.DataFrame) -> pd.Series:
    """What is said of most outcomes holds where it holds for more than half of those that the line covers."""
    most = (comparisons["wording"] == "most").to_numpy()
    lines = [comparisons["source_line"].to_numpy(), comparisons["contrast"].to_numpy()]
    share = verdict.eq(MET).groupby(lines).transform("mean").to_numpy()
    return verdict.mask(most & (share > 0.5), MET)


def _groups(row, study: Study) -> tuple[str, ...]:
    return study.contrasts[row.contrast].groups if row.contrast in study.contrasts and not row.stratum else ()


def _fixed(figures: pd.DataFrame) -> set[tuple]:
    """What is printed exactly, and so leaves a comparison no freedom."""
    rows = figures[(figures["qualifier"] == "exactly") & (figures["stratum"] == "")]
    return set(zip(rows["variable"], rows["level"], rows["phase"], rows["group"], strict=True))


def _pair(row, cohort: pd.DataFrame, study: Study) -> tuple[np.ndarray, np.ndarray] | None:
    if row.contrast in study.contrasts:
        parts = [members(cohort, group, study) for group in study.contrasts[row.contrast].groups]
        stratum = cohort["sex"] == row.stratum if row.stratum else True
        return tuple((part & stratum).to_numpy(bool) for part in parts)
    if row.contrast in study.strata:
        inside, sex = members(cohort, row.stratum, study), cohort[study.strata[row.contrast]]
        return tuple((inside & (sex == level)).to_numpy(bool) for level in reversed(list(sex.cat.categories)))
    return None


def _values(persons: pd.DataFrame, column: str, level: str) -> np.ndarray:
    known = persons[column].dropna()
    if level:
        return known.astype("str").isin(level.split("|")).to_numpy(float)
    return known.astype(float).to_numpy() if known.dtype != "category" else np.zeros(len(known))


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    total, n = a.sum() + b.sum(), a.size + b.size
    if total in (0, n):
        return 1.0
    expected = total * b.size / n
    return float(stats.chi2.sf((b.sum() - expected) ** 2 * n**3 / (a.size * b.size * total * (n - total)), 1))


def _welch(a: np.ndarray, b: np.ndarray) -> float:
    if min(a.size, b.size) < 2 or a.std() + b.std() == 0:
        return 1.0
    return float(stats.ttest_ind(a, b, equal_var=False).pvalue)


def _agrees(p: float, row) -> bool:
    bounds = {"*": (0, 0.05), "**": (0, 0.01), "***": (0, 0.001), "†": (P_05, P_10)}
    if row.marker:
        low, high = bounds[row.marker]
        return low <= p < high
    return {"significant": p < P_05, "marginal": P_05 <= p < P_10, "none": p >= P_05}.get(row.wording, True)


def _points(gap: float, direction: str, p: float) -> bool:
    return {"higher": gap > 0, "lower": gap < 0, "same": p >= P_05}.get(direction, True)


def _other(row, cohort: pd.DataFrame, study: Study) -> tuple[str, str]:
    """Comparisons of phases, and of one response with all others."""
    if row.contrast == "phase":
        persons = cohort[members(cohort, row.stratum, study)]
        first, second = (persons[study.column(row.variable, phase)].mean() for phase in ("1", "2"))
        return f"difference {second - first:+.3f}", MET if _points(second - first, row.direction, 1) else NOT_MET
    shares = {}
    for name in study.responses:
        impact = cohort.loc[cohort[f"{name}_provided"] == 1, f"{name}_impact"].dropna().astype("str")
        shares[f"{name}_impact"] = (impact == row.level).mean()
    best = max(shares, key=shares.get)
    return f"{shares[row.variable]:.3f}; highest {best}", MET if best == row.variable else NOT_MET
