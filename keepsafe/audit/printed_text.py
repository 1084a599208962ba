"""A report's conclusions against its own printed results, and each printed comparison with one answer."""

import numpy as np
import pandas as pd

from keepsafe import paths
from keepsafe.audit.figures import Counts, read_figures
from keepsafe.audit.findings import CANNOT, HOLDS, UNCHECKED, UNDER, words
from keepsafe.audit.markers import groups_of, listed_tests, of_convention, placed, tested
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
    counts = read_figures(figures, codebook, study)
    found = tested(placed(comparisons, counts.rules), counts)
    key, rows = ["document", "column", "level", "stratum", "contrast"], []
    told = found.comparisons[~found.comparisons["contrast"].isin(list(counts.rules.strata))]
    for place, part in told.groupby(key, sort=False):
        answers = [_answer(found.of.get(i, []), found.best, i in found.silent) for i in part.index]
        order = (DIFFERS, NO_ANSWER, BY_ANOTHER, AGREES)
        answer, why = min(answers, key=lambda each: order.index(each[0]))
        if answer == NO_ANSWER and any(each[0] in (AGREES, BY_ANOTHER) for each in answers):
            answer, why = next(each for each in answers if each[0] != NO_ANSWER)  # said of it elsewhere
        marked = bool((part["marker"].ne("") | part["wording"].isin(["significant", "marginal"])).any())
        p = next((listed_tests(found.of[i]) for i in part.index if i in found.of), "")
        said = "; ".join(
            f"{r.marker or 'no marker'} ({words(r.source)})" if r.table else f"'{r.wording}' (line {r.source_line})"
            for r in part.itertuples()
        )
        rows.append((*place[1:], said, len(part), marked, p, answer, why))
    columns = ["variable", "level", "stratum", "contrast", "printed", "rows", "marked", "p", "answer", "why"]
    return pd.DataFrame(rows, columns=columns)


def _answer(tests: list, best: tuple[str, str], silent: bool) -> tuple[str, str]:
    """Whether a usual test gives what is printed of a comparison, and why there is no answer."""
    if not tests:
        return NO_ANSWER, "counts, or means with SDs, were not printed for both groups"
    if silent:
        return NO_ANSWER, "no row of its block carries a marker, so it may not have been tested"
    if any(t.explains for t in of_convention(tests, best)):
        return AGREES, ""
    return (BY_ANOTHER if any(t.explains for t in tests) else DIFFERS), ""


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
    counts = read_figures(figures, codebook, study)
    c, rows = placed(comparisons, counts.rules), []
    for r in statements.itertuples():
        of = (int(r.line), r.quotation, r.item, r.variable, r.level, r.phase)
        if r.says in ("highest", "received"):
            found = _highest(r, counts.figures) if r.says == "highest" else _received(r, claims)
            rows.append((*of, "", r.says, *found))
            continue
        column = counts.rules.column(r.variable, r.phase)
        for contrast in r.contrast.split():
            same = c[(c["column"] == column) & (c["contrast"] == contrast) & c["stratum"].eq("")]
            groups = groups_of(contrast, counts.rules)
            if r.says == "not significant":
                found = _significance(r, same)
            elif not all(groups):
                why = f"nothing defines the contrast {contrast!r}"
                found = (_sources(r.against, same), "", "", UNCHECKED, "", why)
            else:
                found = _direction(r, column, groups, same, counts)
            rows.append((*of, contrast, r.says, *found))
    return pd.DataFrame(rows, columns=CONCLUSIONS)


def _sources(lines: str, said: pd.DataFrame) -> str:
    """Where the same is printed, in words: tables, then lines."""
    tables = [words(source) for source in said.loc[said["table"], "source"].unique()]
    return ", ".join([*tables, *(f"line {line}" for line in lines.split())])


def _direction(r, column: str, groups: tuple[str, str], same: pd.DataFrame, counts: Counts) -> tuple:
    """Both groups' printed figures on the side that a conclusion says."""
    said = same[same["level"] == r.level]
    first, second = groups
    sides = [counts.side("", column, r.level, group) for group in (second, first)]
    against = _sources(r.against, said)
    if None in sides:  # the results may say it in words
        told = said[~said["table"] & said["direction"].ne("") & (said["source_line"].astype(int) != int(r.line))]
        if told.empty:
            return against, "", "", UNCHECKED, "", "not printed for both groups, in figures or words"
        printed = "; ".join(f"line {at}: {way}" for at, way in zip(told["source_line"], told["direction"], strict=True))
        verdict = HOLDS if told["direction"].eq(r.says).all() else CANNOT
        explanation = f"line {r.line}: {r.says} with {words(second)}; {printed}, without a figure of both groups"
        return _sources(r.against, told), "", printed, verdict, "", explanation
    (low2, high2, text2, ids2), (low1, high1, text1, ids1) = sides
    right = high2 > low1 if r.says == "higher" else low2 < high1
    printed = f"{words(second)} {text2}, {words(first)} {text1}"
    marks = [m for m, way in zip(said["marker"], said["table"], strict=True) if way]
    mark = f", {marks[0] or 'no marker'}" if marks else ""
    explanation = f"line {r.line}: {r.says} with {words(second)}; {against or 'printed'}: {printed}{mark}"
    ids = " ".join(dict.fromkeys((*ids2, *ids1)))
    return against, ids, printed, HOLDS if right else CANNOT, "", explanation


def _significance(r, same: pd.DataFrame) -> tuple:
    """'Not significantly associated' beside what is said of the same two groups elsewhere."""
    told = same[same["level"].isin([r.level, ""]) & same["p_to"].notna()]
    lines = " ".join(dict.fromkeys(map(str, told.loc[~told["table"], "source_line"])))
    against = _sources(lines or r.against, told)
    printed = "; ".join(
        f"{t.marker} ({words(t.source)})" if t.table else f"'{t.wording}', {t.direction} (line {t.source_line})"
        for t in told.itertuples()
    )
    if told.empty:
        return against, "", "", UNCHECKED, "", "no table and no line says whether it was significant"
    if not (told["p_to"] <= 0.05).any():
        return against, "", printed, HOLDS, "", f"line {r.line}: {r.says}; {printed}"
    under = "a model with the other factors in it, not the comparison of the two groups"
    said = f"line {r.line}: {r.says}; printed of the two groups: {printed}; it holds only under {under}"
    return against, "", printed, UNDER, under, said


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
        return against, "", "", UNCHECKED, "", "no figure of its own, or none to set beside it"

    def shown(part: pd.DataFrame) -> str:
        return ", ".join(
            f"{words(t.variable.removesuffix(kind))} {'' if t.exact else f'{t.qualifier} '}{t.text}%"
            for t in part.itertuples()
        )

    printed = f"{shown(mine)}; {shown(others)}"
    top, below = mine["v_high"].max(), mine["v_low"].max()
    above, open_ = others[others["v_low"] > top], others[(others["v_high"] > below) & (others["v_low"] <= top)]
    verdict = CANNOT if len(above) else UNDER if len(open_) else HOLDS
    said, under = f"line {r.line}: {r.says} of the {same['variable'].nunique()} that are printed: {printed}", ""
    if verdict == UNDER:
        under = f"a share printed in words alone ({shown(open_)}) being below {mine['text'].iloc[0]}%"
        said += f"; it holds only under {under}"
    return against, " ".join(same["id"]), printed, verdict, under, f"{said}; nothing is printed of the others"


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
    said, under = f"line {r.line} says it of those who received {words(r.variable)}", ""
    said += f"; {printed or 'no other line speaks of it'}"
    if verdict == UNDER:
        under = "received standing for judged to have helped" if len(impact) else "a difference not significant"
        said += f"; it holds only under {under}"
    return against, "", printed, verdict, under, said
