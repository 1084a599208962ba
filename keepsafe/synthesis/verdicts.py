"""Whether a cohort holds each printed figure, comparison and claim: one line each, with its verdict."""

import numpy as np
import pandas as pd
from scipy import stats

from keepsafe.files import read_case_files
from keepsafe.files.cleaning import clean
from keepsafe.statistics.association import equal_means, independence
from keepsafe.statistics.engine import fit
from keepsafe.statistics.recompute import members, recompute
from keepsafe.study import Study, load_study
from keepsafe.study.published import load_claims, load_comparisons, load_figures
from keepsafe.synthesis.demands import in_model, pair
from keepsafe.synthesis.design import Scheme, eliminated, schemes

MET, NOT_MET = "met", "not met"
CANNOT, OUTSIDE = "cannot hold", "not a matter of the cohort"
BY_ANOTHER = "not by Pearson's test"
COLUMNS = ["statement", "target", "value", "verdict"]
P_05, P_10 = 0.05, 0.10


def verdicts(
    figures: pd.DataFrame, comparisons: pd.DataFrame, claims: pd.DataFrame, cohort: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Every statement of the report beside what the cohort, as `clean` returns it, says.

    A row a statement: kind (figure, comparison, claim), statement, target, value, verdict: met; not met; cannot hold
    (with the other printed figures); of a comparison whose printed figures leave the files no freedom, not by Pearson's
    test on all cases (another usual test may give what was printed); not a matter of the cohort.
    """
    parts = {
        "figure": figures_held(figures, cohort, study),
        "comparison": comparisons_held(comparisons, figures, cohort, study),
        "claim": claims_held(claims, cohort, study),
    }
    return pd.concat([part.assign(kind=kind) for kind, part in parts.items()], ignore_index=True)[["kind", *COLUMNS]]


def statements_held(study: Study | None = None, cohort: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every statement of the report beside what synthetic files say: figures, comparisons and claims.

    Parameters
    ----------
    study : by default `load_study()`.
    cohort : as `clean` returns it; by default that of the case files that the study names.

    Returns
    -------
    DataFrame
        kind (figure, comparison, claim), statement, target, value, verdict, as `verdicts` returns them.

    Examples
    --------
    >>> sorted(statements_held()["kind"].unique())
    ['claim', 'comparison', 'figure']
    """
    study = study or load_study()
    if cohort is None:
        cohort = clean(read_case_files(codebook=study.codebook), study)
    return verdicts(load_figures(), load_comparisons(), load_claims(), cohort, study)


def figures_held(figures: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each printed figure against the one computed again."""
    rows = recompute(figures, cohort, study)
    cannot = study.settings.get("synthesis", {}).get("cannot_hold", [])
    person, category = study.settings["study"]["person"], study.settings.get("cohort", {}).get("category")
    kinds = {variable.name: variable.type for variable in study.codebook}
    columns = [study.column(v, p) for v, p in zip(figures["variable"], figures["phase"], strict=True)]
    # what a report says of itself is of no variable, or of an identifier
    of_none = [name not in (*kinds, *study.derived) or (kinds.get(name) == "identifier") for name in columns]
    said = np.array(of_none) & (figures["variable"] != person)
    said |= figures["variable"].eq(category) & figures["level"].eq("")
    agrees = rows["agrees"].fillna(False).to_numpy(bool)
    verdict = np.select([said, agrees, figures["id"].isin(cannot)], [OUTSIDE, MET, CANNOT], NOT_MET)
    words = figures["qualifier"].where(figures["qualifier"] != "exactly", "")
    target = (words + " " + figures["value"]).str.strip()
    value = rows["recomputed"].map(lambda x: "" if pd.isna(x) else f"{x:.6g}")
    return pd.DataFrame({"statement": figures["id"], "target": target, "value": value, "verdict": verdict})


def comparisons_held(
    comparisons: pd.DataFrame, figures: pd.DataFrame, cohort: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Each comparison, with its direction, by Pearson's test or Welch's (Student's where that alone agrees)."""
    # printed exactly: a level's share or count, a mean, an SD
    said = figures[(figures["qualifier"] == "exactly") & (figures["stratum"] == "")]
    kind = said["statistic"].where(said["level"] == "", "level")
    fixed = set(zip(said["variable"], said["level"], said["phase"], said["group"], kind, strict=True))
    rows = []
    for row in comparisons.itertuples():
        parts = pair(row, cohort, study)
        column = study.column(row.variable, row.phase)
        target = " ".join(filter(None, (row.wording, row.marker, row.direction)))
        what = ".".join(filter(None, (row.variable, row.level or "mean", row.phase and f"p{row.phase}")))
        name = " ".join(filter(None, (what, row.contrast, row.stratum, f"(L{row.source_line})")))
        if parts is None:
            rows.append((name, target, *_other(row, cohort, study)))
            continue
        a, b = (_values(cohort[part], column, row.level) for part in parts)
        tried = [tested(a, b, test) for test in (["pearson"] if row.level else ["welch", "t"])]
        p = next((p for p in tried if _agrees(p, row)), tried[0])
        gap = b.mean() - a.mean() if a.size and b.size else np.nan
        fine = _agrees(p, row) and _points(gap, row.direction, p)
        groups = study.contrasts[row.contrast].groups if row.contrast in study.contrasts and not row.stratum else ()
        statistics = ("level",) if row.level else ("mean", "sd")  # once they are printed, no freedom is left
        printed = {(row.variable, row.level, row.phase, group, what) for group in groups for what in statistics}
        verdict = MET if fine else BY_ANOTHER if printed and printed <= fixed else NOT_MET
        rows.append((name, target, f"p = {p:.4f}, difference {gap:+.3f}", verdict))
    found = pd.DataFrame(rows, columns=COLUMNS)
    # what is said of most outcomes holds where it holds for more than half of those that the line covers
    most = (comparisons["wording"] == "most").to_numpy()
    lines = [comparisons["source_line"].to_numpy(), comparisons["contrast"].to_numpy()]
    share = found["verdict"].eq(MET).groupby(lines).transform("mean").to_numpy()
    return found.assign(verdict=found["verdict"].mask(most & (share > 0.5), MET))


def _values(persons: pd.DataFrame, column: str, level: str) -> np.ndarray:
    known = persons[column].dropna()
    if level:
        return known.astype("str").isin(level.split("|")).to_numpy(float)
    return known.astype(float).to_numpy() if known.dtype != "category" else np.zeros(len(known))


def tested(a: np.ndarray, b: np.ndarray, test: str) -> float:
    """The p of a test of two groups: pearson, of 0 and 1, welch or t; 1 where there is nothing to test."""
    if test == "pearson":
        found = independence([[part.sum(), part.size - part.sum()] for part in (a, b)], test)
    else:
        found = equal_means([a, b], test)
    return 1.0 if np.isnan(found.p) else float(found.p)


def _agrees(p: float, row) -> bool:
    if row.marker:
        low, high = {"*": (0, 0.05), "**": (0, 0.01), "***": (0, 0.001), "†": (P_05, P_10)}[row.marker]
        return low <= p < high
    return {"significant": p < P_05, "marginal": P_05 <= p < P_10, "none": p >= P_05}.get(row.wording, True)


def _points(gap: float, direction: str, p: float) -> bool:
    return {"higher": gap > 0, "lower": gap < 0, "same": p >= P_05}.get(direction, True)


def _other(row, cohort: pd.DataFrame, study: Study) -> tuple[str, str]:
    """Comparisons of phases, and of one response with all others."""
    if row.contrast == "phase":
        persons = cohort[members(cohort, row.stratum, study)] if row.stratum else cohort
        first, second = (persons[study.column(row.variable, phase)].mean() for phase in ("1", "2"))
        return f"difference {second - first:+.3f}", MET if _points(second - first, row.direction, 1) else NOT_MET
    if not {f"{name}_impact" for name in study.responses} <= set(cohort):
        return "", OUTSIDE
    shares = {}
    for name in study.responses:
        impact = cohort.loc[cohort[f"{name}_provided"] == 1, f"{name}_impact"].dropna().astype("str")
        shares[f"{name}_impact"] = (impact == row.level).mean()
    best = max(shares, key=shares.get)
    return f"{shares[row.variable]:.3f}; highest {best}", MET if best == row.variable else NOT_MET


def claims_held(claims: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Each claim against backward elimination by likelihood ratio (removal above .10) on all candidates."""
    models = {scheme.model.name: scheme for scheme in schemes(claims, study) if not scheme.crude}
    finals = {name: _final(scheme, cohort) for name, scheme in models.items()}
    rows = []
    for row in claims.itertuples():
        size = f"{row.or_low:g} to {row.or_high:g}" if row.size == "printed" else ""
        target = " ".join(filter(None, (row.direction, row.significance, size)))
        name = f"{row.model}: {row.predictor} (L{row.source_line})"
        rows.append((name, target, *_claim(row, finals, cohort, study)))
    for name, final in finals.items():
        said = {models[name].term.get(factor, factor) for factor in claims.loc[claims["model"] == name, "predictor"]}
        extra = sorted(factor for factor in final.index if models[name].term[factor] not in said)
        rows.append((f"{name}: no other factor stays", "none", ", ".join(extra), NOT_MET if extra else MET))
    return pd.DataFrame(rows, columns=COLUMNS)


def _outcome(model, cohort: pd.DataFrame) -> np.ndarray:
    return cohort[model.outcome.variable].astype("str").eq(model.outcome.event).to_numpy(float)


def _final(scheme: Scheme, cohort: pd.DataFrame) -> pd.DataFrame:
    """What elimination keeps, of the persons of whom all candidates and the outcome are known."""
    X = pd.DataFrame({column: in_model(column, cohort) for column in scheme.term})
    whole = X.notna().all(axis=1).to_numpy() & cohort[scheme.model.outcome.variable].notna().to_numpy(bool)
    return final(X[whole], _outcome(scheme.model, cohort)[whole], scheme.term)


def final(X: pd.DataFrame, y: np.ndarray, term: dict[str, str]) -> pd.DataFrame:
    """What backward elimination keeps: a row a column with b, se, z, and lr and p of its candidate."""
    spread = X.std().replace(0, 1).to_numpy()
    table = eliminated(X.to_numpy(float) / spread, y, {name: term[name] for name in X}, spread)
    return table.assign(z=table["b"] / table["se"])


def _claim(row, finals: dict, cohort: pd.DataFrame, study: Study) -> tuple[str, str]:
    if row.model not in finals:
        return _of_all(row, finals, study)
    final, sign = finals[row.model], {"risk": 1, "protective": -1, "null": 0}[row.direction]
    if row.predictor in final.index:
        b, se, p = final.loc[row.predictor, ["b", "se", "p"]]
        wald = 2 * stats.norm.sf(abs(b / se))
        value = f"odds ratio {np.exp(b):.3f}, p = {p:.4f} (Wald {wald:.4f})"
        fine = sign * b > 0
        if row.size == "printed":
            fine &= row.or_low <= np.exp(b) < row.or_high
        fine &= {"significant": p < P_05, "marginal": P_05 < p < P_10}.get(row.significance, True)
        return value, MET if fine else NOT_MET
    if row.direction == "null":
        return _null(row, final, cohort, study)
    crude = _crude(row, cohort, study)
    fine = not row.significance and sign * np.log(crude) > 0
    return f"not in the model; crude odds ratio {crude:.3f}", MET if fine else NOT_MET


def _null(row, final: pd.DataFrame, cohort: pd.DataFrame, study: Study) -> tuple[str, str]:
    if ":" in row.predictor:
        one, other = row.predictor.split(":")
        main = dict.fromkeys((*final.index, one, other))
        data = np.column_stack([in_model(name, cohort) for name in main])
        data = np.column_stack([data, in_model(one, cohort) * in_model(other, cohort)])
        whole = ~np.isnan(data).any(axis=1)
        X = np.column_stack([np.ones(whole.sum()), data[whole] / data[whole].std(axis=0)])
        y = _outcome(study.models[row.model], cohort)[whole]
        with_it, without = fit(X, y)[2], fit(X[:, :-1], y)[2]
        p = stats.chi2.sf(max(without - with_it, 0), 1)
        return f"p = {p:.4f}", MET if p > P_10 else NOT_MET
    if row.predictor == "responses_provided":
        kept = [name for name in final.index if name.endswith("_provided")]
        return f"kept: {', '.join(kept) or 'none'}", NOT_MET if kept else MET
    return "not in the model", MET


def _of_all(row, finals: dict, study: Study) -> tuple[str, str]:
    """Statements on all outcomes: most responses matter in none, some go with a better or a worse one."""
    candidates = [name for model in study.models.values() for name in model.candidates]
    responses = [name for name in candidates if name.rsplit("_", 1)[0] in study.responses]
    if row.direction == "null":
        kept = sum(name.rsplit("_", 1)[0] in study.responses for final in finals.values() for name in final.index)
        return f"{kept} of {len(responses)} kept", MET if kept < len(responses) / 2 else NOT_MET
    sign = 1 if row.direction == "risk" else -1
    about = responses if row.predictor == "responses" else [row.predictor]
    seen = [
        f"{name}: {factor}"
        for name, final in finals.items()
        for factor in final.index
        if factor in about and sign * final.at[factor, "b"] > 0
    ]
    return "; ".join(seen) or "in none", MET if seen else NOT_MET


def _crude(row, cohort: pd.DataFrame, study: Study) -> float:
    """The odds ratio of a factor by itself: of a number, the fit's; of a level or yes/no, that of its table."""
    column = in_model(row.predictor, cohort)
    y, known = _outcome(study.models[row.model], cohort), ~np.isnan(column)
    x, y = column[known], y[known]
    if not set(np.unique(x)) <= {0.0, 1.0}:
        X = np.column_stack([np.ones(x.size), x / x.std()])
        return float(np.exp(fit(X, y)[0][1] / x.std()))
    a, b, c, d = (int(part.sum()) for part in (x * y, x * (1 - y), (1 - x) * y, (1 - x) * (1 - y)))
    return (a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))
