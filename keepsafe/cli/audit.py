"""keepsafe audit: can the printed figures all be true, of any table as printed or of the report?"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepsafe.problems import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd


def audit(
    table: Annotated[
        Path | None, typer.Argument(help="A table as printed, .csv or .xlsx; by default the figures of the report.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print every check as JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with status 1 if anything does not hold.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the table with its cells marked, as one page.")] = None,
    whole: Annotated[
        list[str] | None,
        typer.Option(help="A column that is the total of others, or a variable of whole numbers; may be repeated."),
    ] = None,
    items: Annotated[list[str] | None, typer.Option(help="NAME=7: each value is the mean of 7 whole answers.")] = None,
    scale: Annotated[list[str] | None, typer.Option(help="NAME=1..9: the lowest and highest value possible.")] = None,
    total: Annotated[
        list[str] | None, typer.Option(help="overall=a+b: the columns (or rows) that make a total.")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Published figures as data; data/published/figures.csv by default.")
    ] = None,
    comparisons: Annotated[
        Path | None, typer.Option(help="Published comparisons; by default those of 2019, with the figures of 2019.")
    ] = None,
    codebook: Annotated[Path | None, typer.Option(help="What the variables of another document mean.")] = None,
    study: Annotated[
        Path | None, typer.Option(help="Groups of another document, and how its variables relate.")
    ] = None,
) -> None:
    """Check printed figures against each other; status 0 whatever is found, without --strict."""
    of_table = {"--html": html, "--whole": whole, "--items": items, "--scale": scale, "--total": total}
    of_figures = {"--figures": figures, "--comparisons": comparisons, "--codebook": codebook, "--study": study}
    needless, what, remedy = of_figures, "figures as data", "a table needs none of it: leave it out"
    if table is None:
        needless, what, remedy = of_table, "a table", "name the table: keepsafe audit TABLE.csv"
    for name in (name for name, value in needless.items() if value):
        raise InputError.of(f"{name} is of {what}", remedy=remedy)
    if table is None:
        found = _of_figures(figures, comparisons, codebook, study)
        if not json:
            print_checks(found)
    else:
        many = {name: int(found[0]) for name, found in _pairs(items, "--items", r"[1-9][0-9]*", "NAME=7").items()}
        found = _of_table(table, whole or (), many, _scales(scale), _totals(total), html, quiet=json)
    if json:
        print(found.to_json(orient="records", indent=1, force_ascii=False))
    if strict and found["verdict"].isin(["cannot hold", "holds only under"]).any():
        raise typer.Exit(1)


def _of_figures(figures, comparisons, codebook, study) -> "pd.DataFrame":
    from keepsafe.audit import audit as check
    from keepsafe.study import load_study
    from keepsafe.study.codebook import load_codebook
    from keepsafe.study.published import load_comparisons, load_figures

    described = load_study(study, load_codebook(codebook))
    said = load_comparisons(comparisons) if comparisons or not figures else None
    return check(load_figures(figures, study=described), said, described.codebook, described, unchecked=True)


def _of_table(path: Path, whole, items, scale, total, html: Path | None, quiet: bool) -> "pd.DataFrame":
    from keepsafe.audit import checks_of
    from keepsafe.audit.findings import by_severity, page_of
    from keepsafe.audit.grid import read_grid

    rows, table = checks_of(_as_form(read_grid(path), path), whole, items, scale, total)
    found = by_severity(rows)
    if html is not None:
        try:
            html.write_text(page_of(table, found), encoding="utf-8")
        except OSError as error:
            raise InputError.of(
                f"cannot be written: {error.strerror}", file=html.name, remedy="check the path"
            ) from None
    if not quiet:
        print_table(table, found)
    return found


def _as_form(grid, path: Path):
    """A form of an edition with its columns of markers as those of p; any other table as it is."""
    if not path.resolve().match("data/published/table_*.csv"):
        return grid  # nor is anything loaded that the plain installation lacks
    from keepsafe.study import load_study
    from keepsafe.synthesis.edition import for_audit, forms

    try:
        of_edition = path.resolve() in [form.resolve() for form in forms()]
    except InputError:  # no compendium here
        return grid
    return for_audit(grid, path, load_study()) if of_edition else grid


def _pairs(texts: list[str] | None, option: str, pattern: str, example: str) -> dict[str, re.Match]:
    found, problems = {}, []
    for text in texts or []:
        name, _, said = text.rpartition("=")
        match = re.fullmatch(pattern, said.strip())
        if name.strip() and match:
            found[name.strip()] = match
        else:
            problems.append(
                Problem(f"{option} {text!r} is not of the form {example}", remedy=f"write {option} {example}")
            )
    if problems:
        raise InputError(problems)
    return found


def _scales(texts: list[str] | None) -> dict[str, tuple[float, float]]:
    number = r"(-?[0-9]+(?:\.[0-9]+)?)"
    found = _pairs(texts, "--scale", rf"{number}(?:\.\.|-|:|to){number}", "NAME=1..9")
    ends = {name: (float(match[1]), float(match[2])) for name, match in found.items()}
    wrong = [name for name, (low, high) in ends.items() if low >= high]
    if wrong:
        raise InputError.of(f"the scale of {wrong[0]!r} has no width", remedy="write the lowest value first: NAME=1..9")
    return ends


def _totals(texts: list[str] | None) -> dict[str, list[str]]:
    found = {}
    for text in texts or []:
        name, _, parts = text.partition("=")
        found[name.strip()] = [part.strip() for part in parts.split("+")]
        if not name.strip() or len(found[name.strip()]) < 2 or not all(found[name.strip()]):
            raise InputError.of(f"--total {text!r} is not of the form overall=a+b", remedy="write --total overall=a+b")
    return found


def print_table(table, found: "pd.DataFrame") -> None:
    """What was read, what was checked, and by severity what does not hold, where, and by what arithmetic."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from keepsafe.audit.findings import CANNOT, MEANING, TITLES, counted, notes_of

    console = Console(highlight=False)
    columns = ", ".join(f"{group.name} ({group.n or 'no n'})" for group in table.groups)
    console.print(Text(f"{table.grid.file}: {len(table.rows)} rows; columns {columns}"))
    console.print(Text(counted(found)))
    for note in notes_of(found):
        console.print(Text(f"Note: {note}"))
    for verdict, title in TITLES.items():
        rows = found[found["verdict"] == verdict]
        if rows.empty:
            continue
        console.print(Text(f"\n{title} ({len(rows)})", "bold"))
        for row in rows.itertuples():
            where = f"{row.cell}  {row.row}{', ' if row.row and row.column else ''}{row.column}"
            console.print(Padding(Text(where + (f"  [{row.item}]" if row.item else ""), "bold"), (0, 0, 0, 2)))
            under = f" Holds only under {row.under}." if row.under and row.under not in row.explanation else ""
            console.print(Padding(Text(f"{row.check}: {row.explanation}.{under}"), (0, 0, 0, 4)))
    if (found["verdict"] == CANNOT).any():
        console.print(Text(f"\n{MEANING}"))
    console.print(
        Text("Numbers in brackets: checks of INSPECT-SR. With --html F, a page that shows the table, cells marked.")
    )


def print_checks(found: "pd.DataFrame") -> None:
    """How many checks hold, and by kind a line for each that does not hold as it stands."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from keepsafe.audit.findings import CANNOT, HOLDS, UNCHECKED, UNDER, of_verdicts

    console, told = Console(highlight=False), (HOLDS, UNDER, CANNOT, UNCHECKED)
    console.print(f"{len(found)} checks: {of_verdicts(found, told)}")
    for kind, rows in found.groupby("check", sort=False):
        rest = rows[rows["verdict"] != HOLDS]
        if rest.empty:
            continue
        silent = rest[rest["verdict"] == UNCHECKED]
        reasons = silent["explanation"].str.rsplit(": ", n=1).str[-1].value_counts(sort=False)
        console.print(Text.assemble("\n", (str(kind).capitalize(), "bold"), f" ({of_verdicts(rows, told)})"))
        for row in rest[rest["verdict"] != UNCHECKED].itertuples():
            verdict = f"{row.verdict}{f' {row.under}' if row.under else ''}"
            said = f" — {row.variable}: " if row.variable else " — "
            console.print(Padding(Text.assemble((verdict, "bold"), said, row.explanation), (0, 0, 0, 2)))
        for reason, times in reasons.items():
            console.print(Padding(Text(f"not checked, {times}: {reason}"), (0, 0, 0, 2)))
