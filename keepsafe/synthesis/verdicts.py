"""Whether a cohort holds each printed figure, comparison and claim: one line each, with target, value and verdict."""

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.recompute import members, recompute
from keepsafe.study import Study
from keepsafe.synthesis.schemes import schemes
from keepsafe.synthesis.selection import LR_10, eliminate

MET, NOT_MET, CANNOT, OUTSIDE = "met", "not met", "cannot hold", "not a matter of the cohort"
COLUMNS = ["statement", "target", "value", "verdict"]
P_05, P_10 = 0.05, 0.10
LR_05 = 3.841458820694124
#: What the report says of itself and no cohort can show.
SAID_ONLY = ("years_followed", "files_read_for_coding_frame", "phases", "files_coded_twice", "responses", "file_id")


def verdicts(figures: pd.DataFrame, comparisons: pd.DataFrame, claims: pd.DataFrame, cohort: pd.DataFrame,
             study: Study) -> pd.DataFrame:  # fmt: skip
    """Every statement of the report beside what the cohort says.

    Parameters
    ----------
    figures, comparisons, claims : as their loaders return them.
    cohort : as `clean` returns it.

    Returns
    -------
    DataFrame
        kind (figure, comparison, claim), statement, target, value, verdict: met; not met; cannot hold (with the other
        printed figures); not a matter of the cohort.
    """
    parts = {"figure": figures_held(figures, cohort, study), "comparison": comparisons_held(comparisons, figures, cohort, study),
             "claim": claims_held(claims, cohort, study)}  # fmt: skip
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


def comparisons_held(comparisons: pd.DataFrame, figures: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each comparison against Pearson's test (shares) or Welch's (means), with its direction."""
    rows = []
    fixed = _fixed(figures)
    for row in comparisons.itertuples():
        pair = _pair(row, cohort, study)
        column = study.column(row.variable, row.phase)
        target = " ".join(filter(None, (row.wording or row.marker, row.direction)))
        name = f"{row.variable}.{row.level or 'mean'}.p{row.phase} {row.contrast} {row.stratum} (L{row.source_line})"
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
    return pd.DataFrame(rows, columns=COLUMNS)


def claims_held(claims: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each claim against backward elimination by likelihood ratio (removal above .10) on all candidates."""
    finals = {scheme.model.name: _final(scheme, cohort) for scheme in schemes(claims, study) if not scheme.crude}
    rows = []
    for row in claims.itertuples():
        target = " ".join(filter(None, (row.direction, row.significance,
                                        f"{row.or_low:g} to {row.or_high:g}" if row.size == "printed" else "")))  # fmt: skip
        name = f"{row.model}: {row.predictor} (L{row.source_line})"
        rows.append((name, target, *_claim(row, finals, cohort, study)))
    for name, final in finals.items():
        extra = sorted(set(final.index) - set(claims.loc[claims["model"] == name, "predictor"]))
        rows.append((f"{name}: no other factor stays", "none", ", ".join(extra), NOT_MET if extra else MET))
    return pd.DataFrame(rows, columns=COLUMNS)


def _final(scheme, cohort: pd.DataFrame) -> pd.DataFrame:
    names = list(scheme.model.candidates)
    outcome = scheme.model.outcome
    y = cohort[outcome.variable].astype("str").eq(outcome.event).to_numpy(float)
    data = cohort[names].astype("Float64")
    whole = data.notna().all(axis=1).to_numpy() & cohort[outcome.variable].notna().to_numpy()
    X = np.column_stack([np.ones(whole.sum()), data[whole].to_numpy(float)])
    spread = X.std(axis=0)
    spread[0] = 1.0
    cols, b, se, lr = eliminate(X / spread, y[whole])
    kept = [names[c - 1] for c in cols[1:]]
    return pd.DataFrame({"b": b[1:] / spread[cols[1:]], "se": se[1:] / spread[cols[1:]], "lr": lr[1:]}, index=kept)


def _claim(row, finals: dict, cohort: pd.DataFrame, study: Study) -> tuple[str, str]:
    if row.model not in finals:
        return _of_all(row, finals, study)
    final, sign = finals[row.model], {"risk": 1, "protective": -1, "null": 0}[row.direction]
    if row.predictor in final.index:
        b, se, lr = final.loc[row.predictor]
        value = f"odds ratio {np.exp(b):.3f}, p = {stats.chi2.sf(lr, 1):.4f} (Wald {2 * stats.norm.sf(abs(b / se)):.4f})"
        fine = sign * b > 0
        if row.size == "printed":
            fine &= row.or_low <= np.exp(b) < row.or_high
        if row.significance == "significant":
            fine &= lr > LR_05
        if row.significance == "marginal":
            fine &= LR_10 < lr < LR_05
        return value, MET if fine else NOT_MET
    if row.direction == "null":
        return _null(row, final, cohort, study)
    crude = _crude(row, cohort, study)
    fine = not row.significance and sign * np.log(crude) > 0
    return f"not in the model; crude odds ratio {crude:.3f}", MET if fine else NOT_MET


def _null(row, final: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> tuple[str, str]:
    if ":" in row.predictor:
        one, other = row.predictor.split(":")
        model = study.models[row.model]
        names = [*final.index, *(name for name in (one, other) if name not in final.index)]
        data = cohort[names].astype(float)
        product = (cohort[one].astype(float) * cohort[other].astype(float)).to_numpy()
        y = cohort[model.outcome.variable].astype("str").eq(model.outcome.event).to_numpy(float)
        X = np.column_stack([np.ones(len(y)), data.to_numpy() / data.std().to_numpy(), product])
        _, _, _, lr = eliminate(X, y, -np.inf)
        p = stats.chi2.sf(max(lr[-1], 0), 1)
        return f"p = {p:.4f}", MET if p > P_10 else NOT_MET
    if row.predictor == "responses_provided":
        kept = [name for name in final.index if name.endswith("_provided")]
        return f"kept: {', '.join(kept) or 'none'}", NOT_MET if kept else MET
    return "not in the model", MET


def _of_all(row, finals: dict, study: Study) -> tuple[str, str]:
    """Statements on all outcomes: most responses matter in none, some are associated with a better or a worse one."""
    responses = [name for model in study.models.values() for name in model.candidates if name.rsplit("_", 1)[0] in study.responses]
    tried = len(responses)
    if row.direction == "null":
        kept = sum(name.rsplit("_", 1)[0] in study.responses for final in finals.values() for name in final.index)
        return f"{kept} of {tried} kept", MET if kept < tried / 2 else NOT_MET
    sign = 1 if row.direction == "risk" else -1
    about = responses if row.predictor == "responses" else [row.predictor]
    seen = [f"{name}: {factor}" for name, final in finals.items() for factor in final.index
            if factor in about and sign * final.at[factor, "b"] > 0]  # fmt: skip
    return "; ".join(seen) or "in none", MET if seen else NOT_MET


def _crude(row, cohort: pd.DataFrame, study: Study) -> float:
    outcome = study.models[row.model].outcome
    y = cohort[outcome.variable].astype("str") == outcome.event
    x = cohort[row.predictor] == 1
    a, b, c, d = (int((x & y).sum()), int((x & ~y).sum()), int((~x & y).sum()), int((~x & ~y).sum()))
    return (a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))


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
