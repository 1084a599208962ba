"""An edition of another report: tables typed as printed become figures and comparisons, once the audit has read them.

A form is data/published/table_*.csv: `variable`, `level` (blank for a number, and for the 1 of a yes/no), a column for
each group of the study file with its number of cases in the heading, as in `with (n=59)`, and one for each contrast
with its markers. Cells are as printed: `27 (45.8%)`, `45.8%`, `22.31 (4.51)`; where a column `kind` says `%`, `45.8`,
where it says `n`, `27`.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe.paths import data, shown
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.reading import read_own
from keepsafe.statistics.columns import refuse
from keepsafe.study import Study
from keepsafe.study.published import COMPARISONS, FIGURES, MARKERS, load_comparisons, load_figures

HEADING = re.compile(r"(?P<group>\w+) \(n ?= ?(?P<n>[0-9]+)\)")
UNMARKED = ("ns", "n.s.", "-")
#: Forms of a cell, and what the column kind then says of it.
SAID = {("number", "percent"), ("number", "count"), ("pair", "count percent")}


def forms() -> list[Path]:
    """The tables typed as printed, where this compendium has any."""
    folder = data("published")
    return sorted(folder.glob("table_*.csv")) if folder.is_dir() else []


def printed(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The figures and comparisons of a compendium; of an edition its forms, audited, and written beside them.

    InputError for a form that cannot be read, a slip that the audit finds, and what `load_figures` refuses: nothing
    is made.
    """
    if forms():
        figures, comparisons = transcribed(forms(), study)
        of_comparisons = comparisons[["source", "variable", "level", "contrast"]].to_numpy()
        ids = [*figures["id"], *(".".join(filter(None, parts)) for parts in of_comparisons)]
        refuse(
            Problem(
                f"[synthesis] cannot_hold names {name!r}, which no form has",
                "data/study.toml",
                remedy=not_one_of(name, ids)[1] or "write it as the message names it",
            )
            for name in _cannot_hold(study)
            if name not in ids
        )
        figures.to_csv(data("published", "figures.csv"), index=False, lineterminator="\n")
        comparisons.to_csv(data("published", "comparisons.csv"), index=False, lineterminator="\n")
    return load_figures(study=study), load_comparisons()


def transcribed(paths: list[Path], study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables typed as printed, as rows of figures.csv and comparisons.csv; every fault of all of them at once."""
    sizes: dict[str, str] = {}
    read = [_Form(path, study, sizes) for path in paths]
    refuse(fault for form in read for fault in (*form.faults, *form.slips()))
    person = study.settings["study"]["person"]
    figures = [figure_row("groups", person, "", group, "count", n, 0, 1) for group, n in sizes.items()]
    figures += [row for form in read for row in form.figures]
    comparisons = [row for form in read for row in form.comparisons]
    return pd.DataFrame(figures, columns=FIGURES), pd.DataFrame(comparisons, columns=COMPARISONS)


def _cannot_hold(study: Study) -> list[str]:
    return study.settings.get("synthesis", {}).get("cannot_hold", [])


def place_of(figure: str, figures: pd.DataFrame) -> dict:
    """The form, line and column in which a figure of an edition was typed; of other figures the file."""
    row, typed = figures[figures["id"] == figure].iloc[0], {path.stem: path for path in forms()}
    path = next(iter(typed.values()), None) if row["source"] == "groups" else typed.get(row["source"])
    if path is None:
        return {"file": "figures.csv"}
    return {"file": shown(path), "line": int(row["source_line"]), "column": row["group"]}


def line_of(fault: str, claims: pd.DataFrame) -> int | None:
    """The line of the form on which stands the claim that a fault is about."""
    said = (claims["model"] + ":").map(fault.startswith) & claims["predictor"].map(lambda name: f" {name} " in fault)
    return int(said.to_numpy().argmax()) + 2 if said.any() else None


def for_audit(grid, path: Path, study: Study):
    """The table of a form as the audit of any table reads it: a column of markers is one of p, of two groups."""
    if path.resolve() not in [form.resolve() for form in forms()]:
        return grid
    names = {heading["group"]: head for head in grid.heads if (heading := HEADING.fullmatch(head.strip()))}
    p = {place: _p(study, head, names) for place, head in enumerate(grid.heads) if head in study.contrasts}
    heads = [p.get(place, head) for place, head in enumerate(grid.heads)]
    rows = [[PRINTED_P.get(text.strip(), text) if k in p else text for k, text in enumerate(row)] for row in grid.rows]
    return replace(grid, heads=heads, rows=rows)


#: A marker as a p that the audit reads; it takes stars as they are.
PRINTED_P = {"†": "<.10", "+": "<.10"}


def _p(study: Study, contrast: str, names: dict[str, str]) -> str:
    groups = study.contrasts[contrast].groups
    return f"p ({' vs '.join(groups)})" if all(group in names for group in groups) else f"p, {contrast}"


class _Form:
    """A form as it is read: its groups by heading, its contrasts, its rows of figures and comparisons, its faults."""

    def __init__(self, path: Path, study: Study, sizes: dict[str, str]):
        """Read it; `sizes` are the numbers of cases of the groups in the forms before, and here."""
        from keepsafe.audit.cells import has_decimal_commas

        self.study, self.table, self.source = study, read_own(path, ("variable",)), path.stem
        self.comma, self.sizes = has_decimal_commas(self.table.frame.to_numpy().ravel().tolist()), sizes
        self.typed: dict[tuple[str, str, str], int] = {}
        self.contrasts = [name for name in self.table.frame if name in study.contrasts]
        self.groups: dict[str, str] = {}
        self.faults: list[Problem] = []
        self.figures: list[tuple] = []
        self.comparisons: list[tuple] = []
        for name in self.table.frame:
            heading = HEADING.fullmatch(name.strip())
            if heading and heading["group"] in self.groups.values():
                self._fault(1, name, "is a second column of this group", "give a group one column")
            elif heading and heading["group"] in study.groups:
                self.groups[name], n = heading.groups()
                before = sizes.setdefault(self.groups[name], n)
                if before != n:
                    message = f"has n = {n} here and {before} before"
                    self._fault(None, name, message, "give a group one number of cases")
            elif name not in ("variable", "level", "kind", *self.contrasts):
                remedy = "head a column as in 'with (n=59)', or as the contrast; type p-values as its markers"
                self._fault(None, name, "is no group of the study file with its n, and no contrast", remedy)
        for row, line in zip(self.table.frame.to_dict("records"), self.table.lines, strict=True):
            self._read(row, line)

    def _fault(self, line: int | None, column: str, message: str, remedy: str) -> None:
        self.faults.append(Problem(message, self.table.file, line, column, remedy))

    def _level(self, row) -> str:
        """The level of a typed row: blank for a number, 1 where none is typed of another variable."""
        name, book = row["variable"].strip(), self.study.codebook
        return row.get("level", "").strip() or ("" if name in book and book[name].measured else "1")

    def _read(self, row: dict, line: int) -> None:
        """The figures and the comparisons of one typed row."""
        from keepsafe.audit.cells import cell
        from keepsafe.audit.layout import kind_of

        name, level = row["variable"].strip(), self._level(row)
        if name not in self.study.codebook:
            message = f"{name} is no variable of the codebook"
            self._fault(line, "variable", message, "name it as the codebook does")
            return
        variable = self.study.codebook[name]
        if not variable.measured and level not in variable.levels:
            self._fault(line, "level", f"{level} is no level of {name}", f"choose of {', '.join(variable.levels)}")
        kind, middle = row.get("kind", "").strip(), {}
        said = kind_of(kind).form
        for heading, group in self.groups.items():
            read = cell(row[heading], self.comma)
            if read.form == "blank":
                continue
            if not variable.measured and (read.form, said) in SAID and not (read.form == "pair" and kind[0] == "%"):
                read = replace(read, form=said)
            elif variable.measured and read.form == "pair" and said in ("", "mean sd"):
                read = replace(read, form="mean sd")
            numbers, n = read.numbers, int(self.sizes[group])
            wanted = ("mean sd",) if variable.measured else ("count percent", "count", "percent")
            if read.form not in wanted or read.form.startswith("count") and not numbers[0].whole:
                example = "'22.31 (4.51)'" if variable.measured else "'27 (45.8%)' or '45.8%'"
                bare = (
                    ", or write % in a column kind, n of a count"
                    if read.form == "number" and not variable.measured
                    else ""
                )
                self._fault(line, heading, "is not of a form that is read here", f"type it as in {example}{bare}")
                continue
            if read.n not in (None, n):
                remedy = "files have a value for every case: type a count alone, a mean and its SD without their n"
                self._fault(line, heading, f"is of {read.n} cases, and its column of {n}", remedy)
            if variable.measured and n < 2:
                self._fault(line, heading, f"has an SD, and its column n = {n}", "leave the cell blank")
                continue
            if re.search(r"[*†‡]", row[heading]):
                self._fault(line, heading, "has a marker in it", "type markers in a column headed as their contrast")
            before = self.typed.setdefault((name, level, group), line)
            if before != line:
                self._fault(line, heading, f"stands on line {before} already", "type a variable or level once")
                continue
            statistics = read.form.split()[: len(numbers)]
            if n:
                of = {"mean": 1, "percent": 100, "count": n}[statistics[0 if variable.measured else -1]]
                middle[group] = numbers[0 if variable.measured else -1].value / of
            for what, number in zip(statistics, numbers, strict=True):
                text = re.sub(r"^(-?)\.", r"\g<1>0.", number.text.lstrip("+"))
                self.figures.append(figure_row(self.source, name, level, group, what, text, number.decimals, line))
        for contrast in self.contrasts:
            first, second = self.study.contrasts[contrast].groups
            typed = row[contrast].strip()
            marker = "" if typed in UNMARKED else typed.replace("+", "†")
            if marker not in MARKERS:
                self._fault(line, contrast, "is no marker", "use †, *, **, *** or ns")
            if typed:
                gap = middle.get(second, np.nan) - middle.get(first, np.nan)
                direction = "higher" if gap > 0 else "lower" if gap < 0 else "same" if gap == 0 and not marker else ""
                said = (contrast, marker, "" if marker else "none", direction, line)
                self.comparisons.append((self.source, name, level, "", "", *said))

    def slips(self) -> list[Problem]:
        """What the audit finds that cannot hold, and the study file does not say so.

        Each contrast's two groups are held against everybody, and its markers against them.
        """
        from keepsafe.audit import audit_table

        frame, cannot = self.table.frame, set(_cannot_hold(self.study))
        heading = {group: name for name, group in self.groups.items()}
        everybody = [name for name, group in self.groups.items() if self.study.groups[group].variable is None][:1]
        found: dict[tuple, Problem] = {}
        for contrast in self.study.contrasts.values():
            pair = [heading[group] for group in contrast.groups if group in heading]
            if len(pair) < 2:
                continue
            leading = [name for name in ("variable", "level", "kind") if name in frame]
            part, p = frame[[*leading, *everybody, *pair]].copy(), _p(self.study, contrast.name, heading)
            if contrast.name in frame:
                part[p] = frame[contrast.name].str.strip().replace(PRINTED_P)
            try:
                rows = audit_table(part, total={everybody[0]: pair} if everybody else None)
            except InputError:  # nothing in it that could be checked
                continue
            for row in rows[rows["verdict"] == "cannot hold"].itertuples():
                at, of_marker = int(re.search(r"[0-9]+", row.cell)[0]) - 2, row.column == p  # the first row is line 2
                level = self._level(frame.iloc[at])
                stem = ".".join(filter(None, (self.source, frame["variable"].iloc[at].strip(), level)))
                what = "sd" if "SD" in row.check else "mean" if "mean" in row.check else ""
                statistics = (what,) if what else ("percent", "count") if level else ("mean", "sd")
                groups = [self.groups[name] for name in row.column.split("; ") if name in self.groups]
                named = [f"{stem}.{contrast.name}"] if of_marker else []
                named += [f"{stem}.{group}.{each}" for group in groups for each in statistics]
                if not set(named) & cannot:
                    markers = [marker for marker, text in PRINTED_P.items() if of_marker and text == row.printed]
                    remedy = (
                        "compare it with the report; if it is printed so, name it under cannot_hold in the study file"
                    )
                    found[row.row, row.column] = Problem(
                        f"{row.row}, {(*markers, row.printed)[0]}: {row.explanation}",
                        self.table.file,
                        self.table.lines[at],
                        contrast.name if of_marker else row.column,
                        f"{remedy}, as {named[0]!r}" if named else remedy,
                    )
        return list(found.values())


def figure_row(source, variable, level, group, statistic, value, decimals, line) -> tuple:
    """A row of figures.csv, of persons and exact."""
    parts = ".".join(filter(None, (source, variable, level, group, statistic)))
    return (parts, source, variable, level, group, "", "", statistic, value, decimals, "exactly", "persons", "", line)
