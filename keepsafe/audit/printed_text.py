"""A report's conclusions against its own printed results, and each printed comparison with one answer."""

import numpy as np
import pandas as pd

from keepsafe import paths
from keepsafe.audit.figures import Counts, Rules, cells, prepared, rules_of
from keepsafe.audit.findings import CANNOT, HOLDS, UNCHECKED, UNDER, words
from keepsafe.audit.markers import best_convention, listed_tests, placed, silent_blocks, tested
from keepsafe.problems import InputError
from keepsafe.study import Study
from keepsafe.study.codebook import Codebook
from keepsafe.study.published import possible_values

#: Answers of `printed_comparisons`.
AGREES, BY_ANOTHER, DIFFERS, NO_ANSWER = "agrees", "agrees by another test", "differs", "no answer"
CONCLUSIONS = ["line", "quotation", "item", "variable", "level", "phase", "contrast", "says", "against", "figures",
               "printed", "verdict", "under", "explanation"]  # fmt: skip
SAYS = ("higher", "lower", "not significant", "highest", "received")


def printed_comparisons(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame,
    codebook: Codebook | None = None,
    study: Study | None = None,
) -> pd.DataFrame:
    """Each printed comparison of two groups once, with one answer: does a usual test give what is printed of it?

    A marker in a table and a word of significance in the text about the same two groups are one comparison. It
    differs only where none of Pearson's, Yates's, the likelihood-ratio and Fisher's test (of means, Student's and
    Welch's), on all cases or with the unknowns left out, gives what is printed. A row of a block of a table in which
    nothing carries a marker may not have been tested, and has no answer; nor has one whose counts are not printed.

    Parameters
    ----------
    figures, comparisons, codebook, study : as for `keepsafe.audit.audit`.

    Returns
    -------
    DataFrame
        A row a comparison: variable (with its phase), level, stratum, contrast, printed (markers and words, with
        table or line), rows (how many rows of `comparisons` say it), marked (a marker or a word of significance,
        rather than a blank cell or 'not significant'), p (by each test), answer ('agrees', 'agrees by another test'
        than the one that explains most, 'differs', 'no answer'), why (where there is none).

    Examples
    --------
    >>> from keepsafe import load_comparisons, load_figures
    >>> found = printed_comparisons(load_figures(), load_comparisons())
    >>> found.loc[found["variable"].eq("lived_care_p1"), ["contrast", "printed", "answer"]].values.tolist()
    [['risk', "† (table 1); 'marginal' (line 126)", 'agrees by another test'], ['cse', '* (table 1)', 'differs']]
    """
    rules, f, counts = _read(figures, codebook, study)
    found = tested(comparisons, f, counts, rules)
    silent, best = silent_blocks(found), best_convention(found)
    tests = {i: list(part.itertuples()) for i, part in found.tests.groupby("comparison", sort=False)}
    key, rows = ["document", "column", "level", "stratum", "contrast"], []
    told = found.comparisons[~found.comparisons["contrast"].isin(list(rules.strata))]
    for place, part in told.groupby(key, sort=False):
        answers = [_answer(i, tests.get(i, []), best, i in silent) for i in part.index]
        order = (DIFFERS, NO_ANSWER, BY_ANOTHER, AGREES)
        answer, why = min(answers, key=lambda each: order.index(each[0]))
        if answer == NO_ANSWER and any(each[0] in (AGREES, BY_ANOTHER) for each in answers):
            answer, why = next(each for each in answers if each[0] != NO_ANSWER)  # said of it elsewhere
        marked = bool((part["marker"].ne("") | part["wording"].isin(["significant", "marginal"])).any())
        mine = next((tests[i] for i in part.index if i in tests), [])
        said = "; ".join(map(_said, part.itertuples()))
        rows.append((*place[1:], said, len(part), marked, listed_tests(mine), answer, why))
    columns = ["variable", "level", "stratum", "contrast", "printed", "rows", "marked", "p", "answer", "why"]
    return pd.DataFrame(rows, columns=columns)


def _said(r) -> str:
    """A marker with its table, or a word with its line."""
    return f"{r.marker or 'no marker'} ({words(r.source)})" if r.table else f"'{r.wording}' (line {r.source_line})"


def _answer(i: int, tests: list, best: tuple[str, str], silent: bool) -> tuple[str, str]:
    if not tests:
        return NO_ANSWER, "counts, or means with SDs, were not printed for both groups"
    if silent:
        return NO_ANSWER, "no row of its block carries a marker, so it may not have been tested"
    by = [t for t in tests if t.test == best[0]] or tests[:1]
    by = [t for t in by if t.basis == best[1]] or by
    good = [t for t in tests if t.explains]
    return (AGREES if any(t.explains for t in by) else BY_ANOTHER if good else DIFFERS), ""


def conclusions(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame,
    claims: pd.DataFrame,
    statements: pd.DataFrame | None = None,
    codebook: Codebook | None = None,
    study: Study | None = None,
) -> pd.DataFrame:
    """The statements of a report's conclusions, item by item, against what the report prints in its results.

    Nothing but printed text is used. A direction is held against the printed figures of both groups; 'not
    significant' against every marker and word of significance for the same comparison; 'highest' against every
    printed figure of its kind; what is said of those who received a response against what the models are said to
    contain: its receipt, or its positive impact.

    Parameters
    ----------
    figures, comparisons, claims : as `keepsafe.load_figures`, `load_comparisons` and `load_claims` return them.
    statements : a row an item of a conclusion: line, quotation, says ('higher', 'lower', 'not significant',
        'highest', 'received'), item, variable, level, phase, contrast (several by blanks), against (lines); of
        'received', variable is the response and level the outcome. By default those of the 2019 report
        (data/audit/conclusions.csv).
    codebook, study : as for `keepsafe.audit.audit`.

    Returns
    -------
    DataFrame
        A row an item and contrast: line, quotation, item, variable, level, phase, contrast, says, against (lines and
        tables that it is held against), figures (ids), printed (both sides), verdict ('holds', 'holds only under',
        'cannot hold', 'not checked'), under, explanation.

    Raises
    ------
    InputError
        for statements that lack a column, or say what is none of the above.

    Examples
    --------
    >>> from keepsafe import load_claims, load_comparisons, load_figures
    >>> found = conclusions(load_figures(), load_comparisons(), load_claims())
    >>> found.loc[found["line"].eq(535) & found["variable"].eq("neglect"), ["contrast", "verdict"]].values.tolist()
    [['risk', 'holds'], ['cse', 'cannot hold']]
    """
    if statements is None:
        statements = pd.read_csv(paths.data("audit", "conclusions.csv"), dtype=str, keep_default_na=False)
    lacking = [name for name in CONCLUSIONS[:9] if name not in statements]
    wrong = sorted(set(statements.get("says", ())) - set(SAYS))
    if lacking or wrong:
        said = f"the statements lack the column {lacking[0]}" if lacking else f"a statement says {wrong[0]!r}"
        raise InputError.of(said, remedy=f"columns {', '.join(CONCLUSIONS[:9])}; says is one of {', '.join(SAYS)}")
    rules, f, counts = _read(figures, codebook, study)
    c, means = placed(comparisons, rules), _means(f)
    rows = []
    for r in statements.itertuples():
        if r.says in ("higher", "lower"):
            found = [_direction(r, contrast, c, counts, means, rules) for contrast in r.contrast.split()]
        elif r.says == "not significant":
            found = [_significance(r, contrast, c, rules) for contrast in r.contrast.split()]
        else:
            found = [_highest(r, f) if r.says == "highest" else _received(r, claims)]
        rows += [(int(r.line), r.quotation, r.item, r.variable, r.level, r.phase, *each) for each in found]
    return pd.DataFrame(rows, columns=CONCLUSIONS)


def _read(figures, codebook, study) -> tuple[Rules, pd.DataFrame, Counts]:
    rules = rules_of(figures, codebook, study)
    f = prepared(figures, rules)
    return rules, f, Counts(cells(f), rules)


def _means(f: pd.DataFrame) -> dict:
    m = f[(f["statistic"] == "mean") & f["exact"]]
    low, high = possible_values(m["number"], m["decimals"])
    keys = zip(m["column"], m["group"], m["stratum"], strict=True)
    return {key: found for key, found in zip(keys, zip(low, high, m["text"], m["id"], strict=True), strict=True)}


def _sources(lines: str, said: pd.DataFrame) -> str:
    """Where the same is printed, in words: tables, then lines."""
    tables = [words(source) for source in said.loc[said["table"], "source"].unique()]
    return ", ".join([*tables, *(f"line {line}" for line in lines.split())])


def _direction(r, contrast: str, c, counts: Counts, means: dict, rules: Rules) -> tuple:
    """Both groups' printed figures on the side that a conclusion says."""
    column, (first, second) = rules.column(r.variable, r.phase), rules.splits[contrast]
    said = c[(c["column"] == column) & (c["level"] == r.level) & (c["contrast"] == contrast) & c["stratum"].eq("")]
    sides = []
    for group in (second, first):
        count = counts.of("", column, r.level, group) if r.level else None
        if count is not None:
            sides.append(
                (count.low / count.n, count.high / count.n, f"{100 * count.low / count.n:.1f}%", count.figures)
            )
        elif (column, group, "") in means:
            low, high, text, figure = means[(column, group, "")]
            sides.append((low, high, text, (figure,)))
    against = _sources(r.against, said)
    if len(sides) < 2:  # the results may say it in words
        told = said[~said["table"] & said["direction"].ne("") & (said["source_line"].astype(int) != int(r.line))]
        if told.empty:
            return contrast, r.says, against, "", "", UNCHECKED, "", "not printed for both groups, in figures or words"
        printed = "; ".join(f"line {at}: {way}" for at, way in zip(told["source_line"], told["direction"], strict=True))
        verdict = HOLDS if told["direction"].eq(r.says).all() else CANNOT
        explanation = f"line {r.line}: {r.says} with {words(second)}; {printed}, without a figure of both groups"
        return contrast, r.says, _sources(r.against, told), "", printed, verdict, "", explanation
    (low2, high2, text2, ids2), (low1, high1, text1, ids1) = sides
    right = high2 > low1 if r.says == "higher" else low2 < high1
    printed = f"{words(second)} {text2}, {words(first)} {text1}"
    marks = [m for m, way in zip(said["marker"], said["table"], strict=True) if way]
    mark = f", {marks[0] or 'no marker'}" if marks else ""
    explanation = f"line {r.line}: {r.says} with {words(second)}; {against or 'printed'}: {printed}{mark}"
    ids = " ".join(dict.fromkeys((*ids2, *ids1)))
    return contrast, r.says, against, ids, printed, HOLDS if right else CANNOT, "", explanation


def _significance(r, contrast: str, c, rules: Rules) -> tuple:
    """'Not significantly associated' beside what is said of the same two groups elsewhere."""
    column = rules.column(r.variable, r.phase)
    same = c[
        (c["column"] == column) & c["level"].isin([r.level, ""]) & (c["contrast"] == contrast) & c["stratum"].eq("")
    ]
    told = same[same["p_to"].notna()]
    lines = " ".join(dict.fromkeys(map(str, told.loc[~told["table"], "source_line"])))
    against = _sources(lines or r.against, told)
    significant = told[told["p_to"] <= 0.05]
    printed = "; ".join(
        f"{m} ({words(s)})" if t else f"'{w}', {d} (line {at})"
        for m, s, t, w, d, at in zip(
            told["marker"],
            told["source"],
            told["table"],
            told["wording"],
            told["direction"],
            told["source_line"],
            strict=True,
        )
    )
    if told.empty:
        return contrast, r.says, against, "", "", UNCHECKED, "", "no table and no line says whether it was significant"
    if significant.empty:
        return contrast, r.says, against, "", printed, HOLDS, "", f"line {r.line}: {r.says}; {printed}"
    under = "a model with the other factors in it, not the comparison of the two groups"
    said = f"line {r.line}: {r.says}; printed of the two groups: {printed}; it holds only under {under}"
    return contrast, r.says, against, "", printed, UNDER, under, said


def _highest(r, f: pd.DataFrame) -> tuple:
    """The highest of all printed figures of its kind, in the whole group; those that are not printed are counted."""
    kind = r.variable.partition("_impact")[1] or r.variable
    same = f[f["variable"].str.endswith(kind) & (f["level"] == r.level) & f["stratum"].eq("") & f["number"].notna()]
    same = same[(same["group"] == "total") & (same["statistic"] == "percent")]
    low, high = possible_values(same["number"], same["decimals"], same["qualifier"])
    same = same.assign(v_low=low, v_high=np.minimum(high, 100.0))
    mine = same[same["variable"] == r.variable]
    others = same[same["variable"] != r.variable]
    against = ", ".join(f"line {line}" for line in same["source_line"].unique())
    if mine.empty or others.empty:
        return "", r.says, against, "", "", UNCHECKED, "", "no figure of its own, or none to set beside it"

    def shown(part: pd.DataFrame) -> str:
        return ", ".join(
            f"{words(v.removesuffix(kind))} {'' if q == 'exactly' else q + ' '}{t}%"
            for v, q, t in zip(part["variable"], part["qualifier"], part["text"], strict=True)
        )

    printed = f"{shown(mine)}; {shown(others)}"
    top, below = mine["v_high"].max(), mine["v_low"].max()
    above, open_ = others[others["v_low"] > top], others[(others["v_high"] > below) & (others["v_low"] <= top)]
    under = f"a share printed in words alone ({shown(open_)}) being below {mine['text'].iloc[0]}%" if len(open_) else ""
    verdict = CANNOT if len(above) else UNDER if len(open_) else HOLDS
    said = f"line {r.line}: {r.says} of the {same['variable'].nunique()} that are printed: {printed}"
    said += f"; it holds only under {under}" if verdict == UNDER else ""
    said += "; nothing is printed of the others"
    return "", r.says, against, " ".join(same["id"]), printed, verdict, under if verdict == UNDER else "", said


def _received(r, claims: pd.DataFrame) -> tuple:
    """What is said of those who received a response, against claims of its receipt and of its positive impact."""
    outcome = claims[claims["outcome"] == r.level]
    results = outcome[outcome["source_line"].astype(int) != int(r.line)]
    receipt = results[results["predictor"] == f"{r.variable}_provided"]
    impact = results[results["predictor"] == f"{r.variable}_positive"]
    none = results[(results["predictor"] == "responses_provided") & (results["direction"] == "null")]
    parts = [(none, "no response significantly related"), (impact, "a positive impact of it"), (receipt, "its receipt")]
    lines = list(dict.fromkeys(int(line) for part, _ in parts for line in part["source_line"]))
    against = ", ".join(f"line {line}" for line in lines)
    printed = "; ".join(f"line {int(part['source_line'].iloc[0])}: {what}" for part, what in parts if len(part))
    here = claims[(claims["source_line"].astype(int) == int(r.line)) & (claims["outcome"] == r.level)]
    way = here.loc[here["predictor"] == f"{r.variable}_provided", "direction"]
    turned = receipt[~receipt["direction"].isin(way)] if len(way) else receipt.iloc[:0]
    verdict = CANNOT if len(turned) else HOLDS if len(receipt) else UNDER if len(impact) or len(none) else UNCHECKED
    under = "received standing for judged to have helped" if len(impact) else "a difference not significant"
    said = f"line {r.line} says it of those who received {words(r.variable)}; {printed or 'no other line speaks of it'}"
    said += f"; it holds only under {under}" if verdict == UNDER else ""
    return "", r.says, against, "", printed, verdict, under if verdict == UNDER else "", said
