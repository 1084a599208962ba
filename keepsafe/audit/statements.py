"""What a report's text says: figures said again, which group has more, what was significant, odds ratios in words.

Longer than 300 lines: every kind of statement is held against the same counts.
"""

import numpy as np
import pandas as pd

from keepsafe.audit.arithmetic import meets, span
from keepsafe.audit.figures import KEY, Count, Counts, read_figures
from keepsafe.audit.findings import HOLDS, check, checks, words
from keepsafe.audit.significance import NAMES, TESTS, p_values
from keepsafe.problems import InputError
from keepsafe.statistics.intervals import odds_ratio, wilson
from keepsafe.study import Study
from keepsafe.study.codebook import Codebook
from keepsafe.study.published import possible_values


def prose_checks(f: pd.DataFrame) -> pd.DataFrame:
    """Set each repeated figure beside the most precise statement of the same number."""
    f = f[f["number"].notna()].assign(about=np.where(f["statistic"] == "count", "percent", f["statistic"]))
    low, high = possible_values(f["number"], f["decimals"], f["qualifier"])
    # a percentage of known cases stands for a whole count, which is closer than its rounding
    share = f["known"] & f["fits"] & f["exact"] & f["statistic"].isin(["percent", "count"]) & f["n_low"].gt(0)
    f = f.assign(
        v_low=np.where(share, 100 * f["low"] / f["n_low"], low),
        v_high=np.where(share, 100 * f["high"] / f["n_low"], high),
    )
    f["scale"] = np.where((f["statistic"] == "count") & ~share, "count", "value")
    rank = np.lexsort((f["order"], -f["decimals"], f["statistic"] == "count", f["source"] == "text", ~f["exact"]))
    key = [*KEY, "about"]
    first = f.iloc[rank].drop_duplicates(key)
    both = f.merge(first, on=key, suffixes=("", "_1"))
    both = both[(both["id"] != both["id_1"]) & both["exact_1"]]
    same = both["scale"] == both["scale_1"]
    ends = ("low", "high", "low_1", "high_1")
    both = both.assign(**{f"v_{end}": both[f"v_{end}"].where(same, both[end]) for end in ends})
    return checks([_said(r) for r in both.dropna(subset=[f"v_{end}" for end in ends]).itertuples()])


def _said(r) -> tuple:
    kind = "words" if not r.exact else "prose" if r.statistic == r.statistic_1 else "count and percentage"
    ok = meets((r.v_low, r.v_high), (r.v_low_1, r.v_high_1))
    unit, unit_1 = ("%" if s == "percent" else "" for s in (r.statistic, r.statistic_1))
    where = f"text, line {r.source_line}" if r.source == "text" else words(r.source)
    word, reading = "", ""
    if r.qualifier != "exactly":
        word = f"{r.qualifier} "
        reading = f" (read as {f'above {r.text}' if np.isinf(r.v_high) else span(r.v_low, r.v_high, 1)})"
    said = f"{words(r.level, r.group, r.stratum)}: {where} says {word}{r.text}{unit}{reading}; {words(r.source_1)} "
    said += f"prints {r.text_1}{unit_1}: {'they agree' if ok else 'they do not agree'}"
    told = (f"{r.text_1}{unit_1}", f"{word}{r.text}{unit}", said)
    return check(kind, r, r.statistic, [r.id, r.id_1], *told, verdict=ok)


def direction_checks(c: pd.DataFrame, counts: Counts) -> pd.DataFrame:
    """Checks 'direction' (what the text says), 'most' (of several) and 'table and text' (significance).

    Directions of table rows were read off the same figures, so only those that the text states are checked.
    """
    said = c[~c["table"] & c["direction"].isin(["higher", "lower", "same"]) & c["first"].ne("")]
    rows = [row for r in said.itertuples() if (row := _direction(r, counts))]
    frame = checks(rows)
    most = frame["expected"].str.startswith("most")
    return pd.concat([frame[~most], _most(frame[most]), _table_and_text(c)], ignore_index=True)


def _direction(r, counts: Counts) -> tuple | None:
    """Is the second group's share or mean on the side of the first's that the text says?"""
    sides = [counts.side(r.document, r.column, r.level, group, r.stratum) for group in (r.first, r.second)]
    if None in sides:
        return None
    (low1, high1, text1, ids1), (low2, high2, text2, ids2) = sides
    ok = {"higher": high2 > low1, "lower": low2 < high1, "same": low1 <= high2 and low2 <= high1}[r.direction]
    one, two = words(r.first), words(r.second)
    said = f"line {r.source_line} says {r.direction} in {two} than {one}: {text2} against {text1}"
    said = f"{words(r.level)}: {said}" if words(r.level) else said
    wanted = (f"most, line {r.source_line}: " if r.wording == "most" else "") + r.direction
    told = (wanted, f"{two} {text2}, {one} {text1}", said)
    return check("direction", r, "percent" if r.level else "mean", ids1 + ids2, *told, verdict=ok)


def _most(frame: pd.DataFrame) -> pd.DataFrame:
    """A statement about most of several comparisons holds if more than half go its way."""
    if frame.empty:
        return frame
    rows = []
    line = frame["expected"].str.extract(r"most, (line [^:]*)")[0]
    for (document, where), mine in frame.groupby(["document", line], sort=False):
        against = mine[mine["verdict"] != HOLDS]
        way = len(mine) - len(against)
        said = f"{where} speaks of most: {way} of {len(mine)} comparisons go that way"
        for variable, sides in zip(against["variable"], against["printed"], strict=True):
            said += f"; not {words(variable)} ({sides})"
        ids, told = " ".join(mine["figures"]).split(), ("more than half", f"{way} of {len(mine)}", said)
        rows.append(check("most", (document, "", ""), "percent", ids, *told, verdict=2 * way > len(mine)))
    return checks(rows)


def _table_and_text(c: pd.DataFrame) -> pd.DataFrame:
    """The word that the text has for a comparison is the word for the table's marker."""
    key = ["document", "column", "level", "contrast", "stratum"]
    text = c[~c["table"] & c["wording"].isin(["significant", "marginal", "none"])]
    both = text.merge(c[c["table"]], on=key, suffixes=("", "_t"))
    rows = []
    for r in both.itertuples():
        agrees = r.p_from_t < r.p_to and r.p_from < r.p_to_t
        marker = r.marker_t or "no marker"
        said = f"line {r.source_line} says '{r.wording}' of {r.contrast}; {words(r.source_t)} prints {marker}"
        rows.append(check("table and text", r, "p", [], marker, f"'{r.wording}'", said, verdict=agrees))
    return checks(rows)


def strata_checks(c: pd.DataFrame, counts: Counts, best: str) -> pd.DataFrame:
    """Check 'by strata', one a variable: all that is said of its strata, in all groups, taken together.

    The count in each group is printed, how it divides between the strata is not. Every division is tried:
    groups of a split must add up to the whole, and each must give the p and the direction that are stated.
    """
    rules, rows = counts.rules, []
    c = c[c["contrast"].isin(list(rules.strata)) & c["p_to"].notna()]
    for (document, column, level, contrast), said in c.groupby(["document", "column", "level", "contrast"], sort=False):
        strata = rules.levels.get(rules.strata[contrast], ())
        if len(strata) != 2:
            continue
        place, split_by = (document, column, level), (document, rules.strata[contrast])
        tried = {test: _totals(said, place, split_by, strata, counts, test) for test in TESTS}
        if all(totals is None for totals in tried.values()):
            continue
        possible = {test: totals for test, totals in tried.items() if totals is not None and len(totals)}
        shown = best if best in possible else next(iter(possible), "")
        whole = counts.of(*place, rules.whole)
        stated = "; ".join(
            " ".join(filter(None, (words(r.stratum), r.wording or "no word", r.direction))) for r in said.itertuples()
        )
        explanation = f"{words(strata[0])} against {words(strata[1])}: {stated}; "
        if shown:
            totals = possible[shown]
            explanation += f"all hold together by {NAMES[shown]} if {span(totals.min(), totals.max())} of the "
            explanation += f"{whole.low:.0f} in all are {words(strata[0])}"
        else:
            explanation += "no division of the printed counts gives all of them together"
        under = "" if shown == best else ", ".join(NAMES[test] for test in possible)
        found = [counts.of(*place, group) for group in said["stratum"]]
        ids, of = [each for count in found if count for each in count.figures], (*place[:2], said["phase"].iloc[0])
        told = (f"{len(said)} statements together", stated, explanation)
        rows.append(check("by strata", of, "percent", ids, *told, verdict=shown == best, under=under))
    return checks(rows)


def _totals(said, place, split_by, strata, counts: Counts, test: str) -> np.ndarray | None:
    """Counts of the first stratum, in the whole, with which all that is said can hold; None if untestable."""
    fine = {
        r.stratum: ok for r in said.itertuples() if (ok := _fine(r, place, split_by, strata, counts, test)) is not None
    }
    if counts.rules.whole not in fine:
        return None
    together = fine[counts.rules.whole]
    for one, two in dict.fromkeys(map(tuple, counts.rules.splits.values())):
        if one in fine and two in fine:
            sums = np.convolve(fine[one], fine[two]) > 0.5
            size = max(len(sums), len(together))
            together = np.pad(together, (0, size - len(together))) & np.pad(sums, (0, size - len(sums)))
    return np.flatnonzero(together)


def _fine(r, place, split_by: tuple[str, str], strata, counts: Counts, test: str) -> np.ndarray | None:
    """For each count of the first stratum in a group, whether it gives the stated p and direction."""
    document, column, level = place
    k = counts.of(document, column, level, r.stratum)
    sizes = [counts.of(*split_by, name, r.stratum) for name in strata]
    if k is None or None in sizes or any(x.low != x.high for x in (k, *sizes)):
        return None
    known = counts.of(document, column, level, r.stratum, strata[0])
    n1, n2 = (int(size.low) for size in sizes)
    a = np.arange(int(k.low) + 1)
    b = k.low - a
    fits = (a <= n1) & (b <= n2)
    if known is not None:
        fits &= (known.low <= a) & (a <= known.high)
    p = p_values(np.minimum(a, n1), n1, np.minimum(b, n2), n2)[test]
    ways = {"higher": a / n1 > b / n2, "lower": a / n1 < b / n2}
    return fits & (p >= r.p_from) & (p < r.p_to) & ways.get(r.direction, np.ones(len(a), bool))


def crude_odds_ratios(
    figures: pd.DataFrame, claims: pd.DataFrame, codebook: Codebook | None = None, study: Study | None = None
) -> pd.DataFrame:
    """The crude odds ratio from printed counts beside each adjusted one that the text gives a size for.

    Parameters
    ----------
    figures, claims : as `keepsafe.load_figures` and `keepsafe.load_claims` return them.
    codebook, study : as for `keepsafe.audit.audit`.

    Returns
    -------
    DataFrame
        A row an odds ratio with a printed size (said again elsewhere, it appears once): outcome, predictor,
        or_low, or_high (what the words stand for), k1, n1, k0, n0 (with the feature of those in the second
        group, and of those in the first), odds_ratio, low, high (crude; Woolf's 95% interval), inside (the
        words' range meets that interval), e_low, e_high (E-values of the words' range), e_crude, figures
        (ids).

    Notes
    -----
    E-value for a common outcome (VanderWeele and Ding 2017): rr + sqrt(rr (rr - 1)), with rr = sqrt(odds
    ratio). No interval was printed, so there is no E-value of an interval. To account for all of an odds
    ratio, an unmeasured cause would need a risk ratio of at least the E-value with both sides, beyond what was
    adjusted for; the E-value does not say whether there is one.

    Examples
    --------
    >>> from keepsafe import load_claims, load_figures
    >>> found = crude_odds_ratios(load_figures(), load_claims()).set_index("predictor")
    >>> found.loc["female", ["k1", "n1", "k0", "n0"]].tolist()
    [41, 54, 71, 151]
    """
    counts = _of_study(figures, codebook, study)
    sized = claims[claims["size"] == "printed"].drop_duplicates(["outcome", "predictor"])
    rows = []
    for r in sized.itertuples():
        pair = _two_by_two(r.outcome, r.predictor, counts)
        if pair is not None:
            first, second = pair
            table = (int(second.low), int(second.n), int(first.low), int(first.n))
            ids = " ".join(dict.fromkeys(first.figures + second.figures))
            rows.append((r.outcome, r.predictor, r.or_low, r.or_high, *table, ids))
    frame = pd.DataFrame(rows, columns=["outcome", "predictor", "or_low", "or_high", "k1", "n1", "k0", "n0", "figures"])
    crude, low, high = odds_ratio(frame["k1"], frame["n1"], frame["k0"], frame["n0"])
    return frame.assign(
        odds_ratio=crude,
        low=low,
        high=high,
        inside=(frame["or_low"] <= high) & (frame["or_high"] >= low),
        e_low=e_value(frame["or_low"]),
        e_high=e_value(frame["or_high"]),
        e_crude=e_value(crude),
    )


def e_value(odds_ratio) -> np.ndarray:
    """The E-value of an odds ratio of a common outcome; ratios below 1 are turned over.

    >>> e_value([4.0, 0.25, 1.0]).round(2).tolist()
    [3.41, 3.41, 1.0]
    """
    ratio = np.asarray(odds_ratio, float)
    risk = np.sqrt(np.where(ratio < 1, 1 / ratio, ratio))
    return risk + np.sqrt(risk * (risk - 1))


def seraf_by_cse(
    figures: pd.DataFrame, codebook: Codebook | None = None, study: Study | None = None, group: str = "cse"
) -> pd.DataFrame:
    """Share of each SERAF category with strong indications of CSE at any time, from printed figures alone.

    Categories are set beside CSE at any time, for some of it before the rating: proportions of groups as
    history had them, and not a test's sensitivity.

    Parameters
    ----------
    figures, codebook, study : as for `keepsafe.audit.audit`.
    group : the group whose share is wanted.

    Returns
    -------
    DataFrame
        A row a category: category, label, k, n, percent, low, high (Wilson's 95% interval), figures (ids). A
        count printed only roughly is what the other categories leave of the group.

    Examples
    --------
    >>> from keepsafe import load_figures
    >>> seraf_by_cse(load_figures())[["category", "k", "n"]].values.tolist()[0]
    ['no', 12, 102]
    """
    counts = _of_study(figures, codebook, study)
    rules = counts.rules
    category = rules.study.settings["cohort"]["category"]
    rows = []
    for level in rules.levels[category]:
        n, k = counts.of("", category, level, rules.whole), counts.of("", category, level, group)
        if n is None or k is None:
            raise InputError.of(f"no printed count of {level!r}", column=category)
        label, ids = rules.study.codebook.level_label(category, level), " ".join(k.figures + n.figures)
        rows.append((level, label, k.low, k.high, k.n, n.low, ids))
    frame = pd.DataFrame(rows, columns=["category", "label", "k", "k_high", "size", "n", "figures"])
    rest = frame["size"] - (frame["k"].sum() - frame["k"])
    frame["k"] = frame["k"].where(frame["k"] == frame["k_high"], rest).astype(int)
    low, high = wilson(frame["k"], frame["n"])
    frame = frame.assign(
        n=frame["n"].astype(int), percent=100 * frame["k"] / frame["n"], low=100 * low, high=100 * high
    )
    return frame[["category", "label", "k", "n", "percent", "low", "high", "figures"]]


def _of_study(figures: pd.DataFrame, codebook: Codebook | None, study: Study | None) -> Counts:
    counts = read_figures(figures, codebook, study)
    if counts.rules.study is None:
        raise InputError.of("these figures are of no study file", remedy="pass the study that says what they mean")
    return counts


def _two_by_two(outcome: str, predictor: str, counts: Counts) -> tuple[Count, Count] | None:
    """Counts of one side of a claim in the two groups that the other side makes, first group first."""
    rules, study = counts.rules, counts.rules.study
    made = {column: name for name, (column, _) in rules.members.items()}
    for one, other in ((predictor, outcome), (outcome, predictor)):
        column = study.outcomes[other].variable if other in study.outcomes else other
        pair = next((groups for groups in rules.splits.values() if made.get(column) in groups), None)
        if pair is None:
            continue
        derived, event, source, level = study.derived.get(one), study.outcomes.get(one), one, "1"
        if derived and derived.one_of:
            source, level = derived.variable, "|".join(derived.one_of)
        elif event:
            source, level = event.variable, event.event
        found = [counts.of("", source, level, group) for group in pair]
        if None not in found:
            return found[0], found[1]
    return None
