"""Every check of a report's printed figures and comparisons, and how its counts relate: sums, parts and wholes.

Longer than 300 lines: a relation of counts and the sentence that says it are one.
"""

from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np
import pandas as pd

from keepsafe.audit.arithmetic import span
from keepsafe.audit.figures import Counts, Rules, read_figures
from keepsafe.audit.findings import CANNOT, HOLDS, UNCHECKED, check, checks, joined, words
from keepsafe.audit.markers import marker_checks, placed, tested
from keepsafe.audit.single_figures import denominator_checks, moment_checks, percentage_checks
from keepsafe.audit.statements import direction_checks, prose_checks, strata_checks
from keepsafe.problems import InputError, require_frame
from keepsafe.study import Study
from keepsafe.study.codebook import Codebook
from keepsafe.study.published import FIGURES, as_printed

#: Contrasts that are not of two groups: a group's phases with each other, and its responses.
WITHIN = ("phase", "responses")
PLACE = ["document", "group", "stratum"]
TERMS = ["key", "kind", "least", "most", "cell", "sign"]
#: By kind of relation: what differs between its cells, and names them in its explanation; and what they share.
RELATED = {
    "groups": ("group", ("level", "stratum")),
    "part of a group": ("group", ("level", "stratum")),
    "levels": ("level", ("group", "stratum")),
    "union of levels": ("level", ("group", "stratum")),
    "items": ("column", ("level", "group", "stratum")),
    "part": ("column", ("level", "group", "stratum")),
    "group defined": ("column", ("level", "group", "stratum")),
    "strata": ("stratum", ("level",)),
}


def audit(
    figures: pd.DataFrame,
    comparisons: pd.DataFrame | None = None,
    codebook: Codebook | None = None,
    study: Study | None = None,
    unchecked: bool = False,
) -> pd.DataFrame:
    """Check whether the printed figures and markers of a report can all be true together.

    Parameters
    ----------
    figures, comparisons : as `keepsafe.load_figures` and `keepsafe.load_comparisons` return them.
    codebook, study : what variables and groups mean: which levels exclude each other, which variables are
        unions or sums of others ([derived], [rules], [audit] of the study file). Without them the compendium's own
        are used where they name at least half of the figures' variables; otherwise levels and groups are
        inferred from the figures, and unions and sums of variables are not known.
    unchecked : whether every figure and comparison that could not be checked has a row too.

    Returns
    -------
    DataFrame
        A row a check, all text: check (its kind), variable, phase, statistic, figures (ids, joined by
        blanks), expected, printed, verdict ('holds', 'holds only under', 'cannot hold', 'not checked'), under (the
        condition), explanation. 'Cannot hold' means not reproducible from the printed figures as
        transcribed: a slip of the print or of the transcription is likely, and nothing is said of the data
        themselves. A comparison of a contrast or variable that nothing names always has a row, 'not checked'.

    Raises
    ------
    InputError
        for tables without rows or columns that are needed.

    Examples
    --------
    >>> from keepsafe import load_figures
    >>> figures = load_figures()
    >>> found = audit(figures[figures["variable"] == "family_concern"])
    >>> found["verdict"].unique().tolist()
    ['holds']
    """
    require_frame(figures=figures, **({} if comparisons is None else {"comparisons": comparisons}))
    missing = [name for name in FIGURES[:-1] if name not in figures]  # the last is the line
    if missing:
        raise InputError.of(f"the figures lack the column {', '.join(missing)}", remedy="read them with load_figures")
    if figures.empty:
        raise InputError.of("there are no figures to check")
    counts = read_figures(figures, codebook, study)
    rules, f = counts.rules, counts.figures
    found, silent = [figure_checks(counts), denominator_checks(f)], []
    if comparisons is not None and len(comparisons):
        c = placed(comparisons, rules)
        tests = tested(c, counts)
        strata, directions = strata_checks(c, counts, tests.best[0]), direction_checks(c, counts)
        found += [marker_checks(tests), strata, directions]
        testable = set(tests.comparisons.loc[tests.comparisons["kind"] != "", "order"])
        told, said = set(strata["variable"]), " ".join(directions["explanation"])
        known = _known(f, rules)
        for r in c.itertuples():
            by_strata = r.contrast in rules.strata and r.column in told
            in_words = f"line {r.source_line} " in said or f"line {r.source_line}:" in said
            every = unchecked and not (r.order in testable or by_strata or in_words)
            if reason := _reason(r, rules, known, unchecked, every):
                where = f"{r.contrast}{', ' + words(r.level) if words(r.level) else ''}, {words(r.source)}: {reason}"
                printed = r.marker or r.wording or r.direction
                silent.append(check("comparison", r, "p", [], "", printed, where, verdict=UNCHECKED))
    if unchecked:
        ids = set(" ".join(each for frame in found for each in frame["figures"]).split())
        why = "nothing else that was printed can be held against it"
        silent += [
            check("figure", r, r.statistic, [r.id], "", r.text, why, verdict=UNCHECKED)
            for r in f.itertuples()
            if r.id not in ids
        ]
    everything = pd.concat([*found, checks(silent)], ignore_index=True)
    return everything if "document" in figures else everything.drop(columns="document")


def _known(f: pd.DataFrame, rules: Rules) -> set[str]:
    """The variables and columns that figures, codebook or study name."""
    known = set(f["column"]) | set(rules.levels) | {column for column, _ in rules.members.values()}
    if rules.codebook is not None:
        known |= {variable.name for variable in rules.codebook}
    if rules.study is not None:
        known |= set(rules.study.derived) | set(rules.study.outcomes)
    return known


def _reason(r, rules: Rules, known: set[str], within: bool, every: bool) -> str:
    """Why a comparison was not checked; of one whose names are known only where `every` asks for it."""
    if r.contrast in WITHIN:
        return f"it compares {r.contrast} within a group" if within else ""
    if r.first == "" and r.contrast not in rules.strata:
        return f"nothing defines the contrast {r.contrast!r}"
    if r.column not in known and r.variable not in known:
        near = get_close_matches(r.variable, sorted(known), 1)
        said = f"no figure and no codebook has the variable {r.variable!r}"
        return f"{said}; did you mean {near[0]}?" if near else said
    return "counts, or means with SDs, were not printed for both groups" if every else ""


def figure_checks(counts: Counts) -> pd.DataFrame:
    """The checks of each figure and of figures with each other; without denominators that columns share."""
    f, of_counts = counts.figures, count_checks(counts.cells, counts.rules)
    return pd.concat([percentage_checks(f), of_counts, moment_checks(counts), prose_checks(f)], ignore_index=True)


def relations(cells: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Linear relations that the rules give between printed cells: a row a cell of a relation, with its sign.

    And on each row of one relation its kind, and the least and most that its sum may be.
    """
    cells = cells.assign(cell=np.arange(len(cells)))
    found = [
        *(part for split in dict.fromkeys(map(tuple, rules.splits.values())) for part in _groups(cells, rules, split)),
        *(_levels(cells, rules), _unions(cells), *_items(cells, rules), *_memberships(cells, rules), _strata(cells)),
    ]
    terms = pd.concat([part.assign(part=number) for number, part in enumerate(found)])
    terms["relation"] = terms.groupby(["part", "key"]).ngroup()
    return terms.sort_values(["relation", "sign"], ascending=[True, False], kind="stable", ignore_index=True)


def _wide(kind: str, rows: pd.DataFrame, signs: dict[str, int], least=0.0, most=0.0) -> pd.DataFrame:
    """The terms of one relation a row of `rows`, whose columns named in `signs` hold cells."""
    said = {"key": np.arange(len(rows)), "kind": kind, "least": least, "most": most}
    parts = [pd.DataFrame({**said, "cell": rows[column].to_numpy(int), "sign": sign}) for column, sign in signs.items()]
    return pd.concat(parts)


def _groups(cells: pd.DataFrame, rules: Rules, split: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """Two groups add up to the whole; where one is not printed, the other is no more than the whole."""
    key = ["document", "column", "level", "stratum"]
    part = [cells[cells["group"] == name].set_index(key)[["cell", "n_low", "known"]] for name in (*split, rules.whole)]
    rows = part[0].join(part[1].add_suffix("_b"), how="outer").join(part[2].add_suffix("_t"), how="inner").reset_index()
    yield _wide("groups", rows.dropna(subset=["cell", "cell_b"]), {"cell": 1, "cell_b": 1, "cell_t": -1})
    for mine, other in (("", "_b"), ("_b", "")):
        lone = rows[rows[f"cell{mine}"].notna() & rows[f"cell{other}"].isna()]
        same_unit = lone[f"known{mine}"].eq(True) & lone["known_t"]
        rest = (lone["n_low_t"] - lone[f"n_low{mine}"]).where(same_unit, np.inf)
        yield _wide("part of a group", lone, {f"cell{mine}": 1, "cell_t": -1}, -rest.to_numpy())


def _levels(cells: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Exclusive levels add up to the group, or to no more where a level is not printed."""
    by = ["document", "column", "group", "stratum"]
    plain = cells[cells["level"].ne("") & ~cells["level"].str.contains("|", regex=False)]
    plain = plain[plain["column"].isin(rules.levels)]
    printed = plain.groupby(by, sort=False)["level"].transform("size")
    complete = printed == plain["column"].map({name: len(levels) for name, levels in rules.levels.items()})
    rows = plain.assign(complete=complete)[(printed > 1) & plain["n_low"].notna()]
    grouped = rows.groupby(by, sort=False)
    return rows.assign(
        key=grouped.ngroup(),
        kind="levels",
        least=np.where(rows["complete"], grouped["n_low"].transform("first"), 0),
        most=grouped["n_high"].transform("first"),
        sign=1,
    )[TERMS]


def _unions(cells: pd.DataFrame) -> pd.DataFrame:
    """Levels joined by '|' are as many as their parts, or at least as many as the parts that are printed."""
    union = cells[cells["level"].str.contains("|", regex=False)]
    parts = union.assign(level=union["level"].str.split("|"), parts=union["level"].str.count(r"\|") + 1)
    key = ["document", "column", "level", "group", "stratum"]
    parts = parts.explode("level").rename(columns={"cell": "union"})[[*key, "union", "parts"]]
    found = parts.merge(cells[[*key, "cell"]], on=key)
    grouped = found.groupby("union", sort=False)
    least = np.where(grouped["cell"].transform("size") == found["parts"], 0.0, -np.inf)
    found = found.assign(key=grouped.ngroup(), kind="union of levels", least=least, most=0.0, sign=1)
    whole = found.drop_duplicates("union")
    return pd.concat([found, whole.assign(cell=whole["union"], sign=-1)])[TERMS]


def _items(cells: pd.DataFrame, rules: Rules) -> Iterator[pd.DataFrame]:
    """Unions and intersections of 0/1 columns: any + both = a + b; each part is no more than its whole."""
    made = {**rules.any_of, **rules.all_of}
    cells = cells[cells["level"].isin(["1", ""])]
    named = cells[cells["column"].isin([*made, *(part for parts in made.values() for part in parts)])]
    named = named.drop_duplicates([*PLACE, "column"])
    by_column = {name: rows.set_index(PLACE)["cell"] for name, rows in named.groupby("column", sort=False)}
    both = {frozenset(parts): name for name, parts in rules.all_of.items() if name in by_column}
    for name, parts in rules.any_of.items():
        pair = both.get(frozenset(parts)) if len(parts) == 2 else None
        signs = {**dict.fromkeys(parts, 1), name: -1} | ({pair: -1} if pair else {})
        if signs.keys() <= by_column.keys():
            rows = pd.concat({column: by_column[column] for column in signs}, axis=1, join="inner")
            yield _wide("items", rows, signs, 0.0, 0.0 if pair else np.inf)
    within = [*rules.within.items(), *((part, name) for name, parts in rules.any_of.items() for part in parts)]
    within += [(name, part) for name, parts in rules.all_of.items() for part in parts]
    pairs = pd.DataFrame(list(dict.fromkeys(within)), columns=["part", "whole"])
    here = cells[["column", "cell", *PLACE]]
    rows = pairs.merge(here, left_on="part", right_on="column").merge(
        here, left_on=["whole", *PLACE], right_on=["column", *PLACE], suffixes=("", "_w")
    )
    yield _wide("part", rows, {"cell": 1, "cell_w": -1}, -np.inf)


def _memberships(cells: pd.DataFrame, rules: Rules) -> Iterator[pd.DataFrame]:
    """Levels that define a group are, in the whole, as many as the group's persons."""
    cells = cells[cells["stratum"] == ""]
    persons = cells[cells["column"] == rules.person]
    for name, (column, levels) in rules.members.items():
        here = cells[(cells["column"] == column) & (cells["group"] == rules.whole)]
        found = {"size": persons[persons["group"] == name.rstrip("*")]}
        found |= {level: here[here["level"] == level] for level in levels}
        sizes = {key: part.set_index("document")["cell"] for key, part in found.items()}
        rows = pd.concat(sizes, axis=1, join="inner")
        yield _wide("group defined", rows, {**dict.fromkeys(levels, 1), "size": -1})


def _strata(cells: pd.DataFrame) -> pd.DataFrame:
    """A count in a stratum is part of the count in its group, and the rest fits into the other strata."""
    key = ["document", "column", "level", "group"]
    whole = cells.loc[cells["stratum"] == "", [*key, "cell", "n_low"]]
    rows = cells[cells["stratum"] != ""].merge(whole, on=key, suffixes=("", "_t"))
    rest = (rows["n_low_t"] - rows["n_high"]).fillna(np.inf)
    return _wide("strata", rows, {"cell": 1, "cell_t": -1}, -rest.to_numpy())


def count_checks(cells: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """One check a relation of counts: whether its sum can be what it has to be, with the arithmetic in words."""
    terms = relations(cells, rules)
    if terms.empty:
        return checks([])
    here = cells.iloc[terms["cell"].to_numpy(int)].reset_index(drop=True).join(terms.drop(columns="cell"))
    by, left = here["relation"], here["sign"] > 0
    name = np.select([here["kind"] == kind for kind in RELATED], [here[column] for column, _ in RELATED.values()], "")
    name = pd.Series([words(one) or "all" for one in name], here.index)
    shown = name + " " + pd.Series([span(*ends) for ends in zip(here["low"], here["high"], strict=True)], here.index)
    sides = {"": left, "right_": ~left}
    grouped = here.groupby(by)
    table = grouped.first().assign(
        left=joined(shown[left], by[left], " + "),
        right=joined(shown[~left], by[~left], " + "),
        **{side + end: here[end][of].groupby(by[of]).sum() for side, of in sides.items() for end in ("low", "high")},
        n=grouped["n_low"].last(),
        decimals=grouped["decimals"].last(),
        percent=here["number"].where(here["statistic"] == "percent").groupby(by).sum(min_count=2),
    )
    least, most = table["low"] - table["right_high"].fillna(0), table["high"] - table["right_low"].fillna(0)
    table["holds"] = (least <= table["most"]) & (most >= table["least"])
    unit = np.where(here["statistic"] == "percent", "%", "")
    told = [(words(*(getattr(r, name) for name in RELATED[r.kind][1])), *_arithmetic(r)) for r in table.itertuples()]
    return checks(
        table.assign(
            check=table["kind"],
            variable=table["column"],
            statistic="count",
            figures=joined(here["id"], by),
            printed=joined(name + " " + here["text"] + unit, by, "; "),
            verdict=np.where(table["holds"], HOLDS, CANNOT),
            expected=[expected for _, expected, _ in told],
            explanation=[f"{where}: {said}" if where else said for where, _, said in told],
        )
    )


def _arithmetic(r) -> tuple[str, str]:
    """What was expected of one relation, and its arithmetic in words."""
    total = span(r.low, r.high)
    left = f"{r.left} = {total}" if " + " in r.left else r.left
    if r.kind == "levels" and r.least == 0:
        return f"at most {r.n:.0f}", f"{left}, {'within' if r.holds else 'more than'} the group's {r.n:.0f}"
    if r.kind == "levels":
        gap = f", a difference of {abs(r.n - r.low):.0f}" if r.low == r.high else ""
        whole = "the whole group" if r.holds else f"not the whole group, which has {r.n:.0f}{gap}"
        shares = "" if r.holds or np.isnan(r.percent) else f"; the printed percentages make {r.percent:.1f}"
        return f"{r.n:.0f}", f"{left}, {whole}{shares}"
    if r.least == r.most == 0:
        right = f"{r.right} = {span(r.right_low, r.right_high)}" if " + " in r.right else r.right
        said = f"{left}; {right}: the same" if r.holds else f"{left}, but {right}"
        if not r.holds and r.low == r.high <= r.n and right == r.right:
            would = as_printed(int(r.low), int(r.n), int(r.decimals))
            said += f"; {total} of {r.n:.0f} would print as {would:.{int(r.decimals)}f}%"
        return total, said
    if np.isinf(r.most):
        return f"at most {total}", f"{r.right} {'is' if r.holds else 'is not'} within {left}"
    within = r.low <= r.right_high
    said = f"{left} {'is' if within else 'is not'} within {r.right}"
    if within and not np.isinf(r.least):
        rest = span(max(r.right_low - r.high, 0), r.right_high - r.low)
        said += f", whose other {rest} {'fit' if r.holds else 'do not fit'} among {-r.least:.0f}"
    return f"at most {r.right}", said
