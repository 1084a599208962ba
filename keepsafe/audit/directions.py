"""What is said of which group has more, and whether table and text say the same of significance."""

import pandas as pd

from keepsafe.audit.figures import Counts
from keepsafe.audit.markers import placed
from keepsafe.audit.rules import Rules
from keepsafe.audit.findings import HOLDS, check, checks, words
from keepsafe.printed import possible_values


def direction_checks(
    comparisons: pd.DataFrame, f: pd.DataFrame, counts: Counts, rules: Rules
) -> pd.DataFrame:
    """Checks 'direction' (what the text says), 'most' (of several) and 'table and text' (significance).

    Directions of table rows were read off the same figures, so only those that the text states are checked.
    """
    c = placed(comparisons, rules)
    means = f[(f["statistic"] == "mean") & f["exact"]]
    low, high = possible_values(means["number"], means["decimals"])
    keys = zip(means["document"], means["column"], means["group"], means["stratum"], strict=True)
    mean = {
        key: (a, b, text, figure)
        for key, a, b, text, figure in zip(keys, low, high, means["text"], means["id"], strict=True)
    }
    said = c[~c["table"] & c["direction"].isin(["higher", "lower", "same"]) & c["first"].ne("")]
    rows = [row for r in said.itertuples() if (row := _direction(r, counts, mean))]
    frame = checks(rows)
    most = frame["expected"].str.startswith("most")
    return pd.concat([frame[~most], _most(frame[most]), _table_and_text(c)], ignore_index=True)


def _direction(r, counts: Counts, mean: dict) -> tuple | None:
    """Is the second group's share or mean on the side of the first's that the text says?"""
    sides = []
    for group in (r.first, r.second):
        found = counts.of(r.document, r.column, r.level, group, r.stratum) if r.level else None
        if found is not None:
            sides.append(
                (
                    found.low / found.n,
                    found.high / found.n,
                    f"{100 * found.low / found.n:.1f}%",
                    found.figures,
                )
            )
        elif (key := (r.document, r.column, group, r.stratum)) in mean:
            low, high, text, figure = mean[key]
            sides.append((low, high, text, (figure,)))
        else:
            return None
    (low1, high1, text1, ids1), (low2, high2, text2, ids2) = sides
    ok = {
        "higher": high2 > low1,
        "lower": low2 < high1,
        "same": low1 <= high2 and low2 <= high1,
    }[r.direction]
    one, two = words(r.first), words(r.second)
    said = f"line {r.source_line} says {r.direction} in {two} than {one}: {text2} against {text1}"
    return check(
        *("direction", (r.document, r.column, r.phase), "percent" if r.level else "mean", ids1 + ids2),
        (f"most, line {r.source_line}: " if r.wording == "most" else "") + r.direction,
        *(f"{two} {text2}, {one} {text1}", ": ".join(filter(None, [words(r.level), said]))),
        verdict=bool(ok),
    )


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
        ids = " ".join(mine["figures"]).split()
        printed, of = f"{way} of {len(mine)}", (document, "", "")
        holds = 2 * way > len(mine)
        rows.append(check("most", of, "percent", ids, "more than half", printed, said, verdict=holds))
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
        of = (r.document, r.column, r.phase)
        rows.append(check("table and text", of, "p", [], marker, f"'{r.wording}'", said, verdict=agrees))
    return checks(rows)
