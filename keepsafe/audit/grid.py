"""A table's cells as typed, with their spreadsheet addresses: from a file or a frame, what stands apart joined."""

import csv
import re
from collections.abc import Sequence
from datetime import date
from functools import reduce
from itertools import islice, zip_longest
from pathlib import Path

import pandas as pd

from keepsafe import reading
from keepsafe.audit.cells import cell
from keepsafe.audit.rows import BARE_SIZE, HEAD_KIND, ROLES, SIZE_ALONE, SIZED, Grid, letters
from keepsafe.problems import InputError, Problem, shortened
from keepsafe.reading.table import as_text

BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f]")  # of a fixed width, or that do not break
ENOUGH = 100_000  # cells
PART = re.compile(r"(.*\S[\s_,:(-]+)?(n|no|%|percent|mean|m|sd|s\.d\.|se|min|max|range|both)(imum)?\.?\)?", re.I)
BESIDE = re.compile(r"p([- ]?value)?|sig\.?|(95 ?% ?)?ci", re.IGNORECASE)  # of what stands before, and may come twice
ALONE = ("p", "statistic", "df", "level", "kind", "variable")  # headings of no group, whatever stands above them
STACKED = {"n": "n", "no": "n", "mean": "mean", "average": "mean", "se": "se", "sem": "se"}  # names of rows
STACKED |= dict.fromkeys(("sd", "s.d", "std dev", "std. dev", "std. deviation", "standard deviation", "stddev"), "sd")


def read_grid(path: str | Path) -> Grid:
    """Read a table as typed, from CSV (or text with ; tab or | between the cells) or the first sheet of an .xlsx."""
    path = Path(path)
    file = reading.read(path, cases=False).file  # refuses, in words, what is no table
    with path.open("rb") as opened:
        workbook = opened.read(4) == b"PK\x03\x04"
    raw, dates, merged = _of_workbook(path) if workbook else (_of_text(path), frozenset(), [])
    rows = [(line, row) for line, row in enumerate(raw, 1) if any(text.strip() for text in row)]
    title = ""
    while len(rows) > 2 and sum(map(bool, map(str.strip, rows[0][1]))) == 1:
        title += f" {''.join(rows.pop(0)[1])}"  # above the headings
    first, heads = rows.pop(0)
    heads = [" ".join(text.split()) for text in heads]
    while heads and not heads[-1]:
        heads.pop()
    if len(heads) * len(rows) > ENOUGH:
        remedy = "is it a table as printed? Case files are checked by keepsafe check"
        raise InputError.of(f"has {len(rows):,} rows of {len(heads)} cells", file=file, remedy=remedy)
    return _grid(file, heads, rows, first, [reach for line, reach in merged if line == first], dates, title)


def of_frame(frame: pd.DataFrame) -> Grid:
    """A data frame as a table typed from A1; an index with names becomes its first columns."""
    if not isinstance(frame, pd.DataFrame):
        raise InputError.of(f"{type(frame).__name__} is no data frame", remedy="pass a pandas DataFrame")
    if frame.index.names != [None] or not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    names = [name if isinstance(name, tuple) else (name,) for name in frame.columns]
    heads = [" ".join(reduce(under, map(str, name)).split()) for name in names]
    heads = ["" if re.fullmatch(r"Unnamed: [0-9]+", head) else head for head in heads]
    said = frame.itertuples(index=False, name=None)
    texts = ([each if isinstance(each, str) else as_text(each) for each in row] for row in said)
    rows = [(line, row) for line, row in enumerate(texts, 2) if any(text.strip() for text in row)]
    if not rows:
        raise InputError.of("the data frame has no rows")
    return _grid("the data frame", heads, rows)


def _grid(
    file: str, heads: list[str], rows: list[tuple[int, list[str]]], first=1, merged=(), dates=frozenset(), title=""
) -> Grid:
    """The grid of a heading row and the rows with their lines, what stands apart in it joined."""
    while len(rows) > 1 and two_rows(heads, rows[0][1]):
        heads, merged = one_row(heads, rows.pop(0)[1], merged), ()
    remedy = "give each column a heading of its own, and type what belongs together in one cell: 14 (8.9)"
    problems = [Problem(f"the headings {reach} are merged", file, first, remedy=remedy) for reach in merged]
    if problems := problems or _faults(file, first, heads, rows):
        raise InputError(problems)
    width = len(heads)
    cells = [[BLANKS.sub(" ", text) for text in (row + [""] * width)[:width]] for _, row in rows]
    heads, cells, places = columns_joined(heads, cells)
    cells, kept = rows_joined(cells)
    return Grid(file, heads, cells, [rows[k][0] for k in kept], places, first, dates, title)


def _faults(file: str, first: int, heads: list[str], rows: list[tuple[int, list[str]]]) -> list[Problem]:
    problems = []
    for line, row in rows:
        entries = max((i for i, text in enumerate(row, 1) if text.strip()), default=0)
        if entries > len(heads):
            said = f"has {entries} cells where the heading has {len(heads)}"
            remedy = "quote cells that hold a comma, and give every column a heading"
            problems.append(Problem(said, file, line, remedy=remedy))
    seen: dict[str, int] = {}
    for column, head in enumerate(heads):
        if not head and column and any(row[column].strip() for _, row in rows if len(row) > column):
            said = f"column {letters(column)} has no heading of its own"
            remedy = "were two headings merged? Give each column one, and type what belongs together in one cell: "
            problems.append(Problem(said, file, first, letters(column), f"{remedy}14 (8.9)"))
        elif head and (name := head if head in "nN" else head.casefold()) in seen and not BESIDE.fullmatch(head):
            other = letters(seen[name])
            said = f"columns {other} and {letters(column)} have one name, {shortened(head)!r}"
            problems.append(Problem(said, file, first, letters(column), "give each a name of its own"))
        seen.setdefault(head if head in "nN" else head.casefold(), column)
    return problems


def _of_text(path: Path) -> list[list[str]]:
    from keepsafe.reading.delimited import delimiter_of, encoding_of

    with path.open(encoding=encoding_of(path), newline="") as text:
        sample = text.read(1 << 16)
        text.seek(0)
        return list(csv.reader(text, delimiter=delimiter_of(sample, ("variable", "level", "kind", "p"))))


def _of_workbook(path: Path) -> tuple[list[list[str]], frozenset, list[tuple[int, str]]]:
    """Texts as the sheet shows them, cells that it holds as dates, and what is merged (first row, reach)."""
    import warnings

    from openpyxl import load_workbook

    with warnings.catch_warnings(action="ignore"):
        sheet = load_workbook(path, data_only=True, keep_links=False).worksheets[0]
    rows, dates = [], set()
    for line, row in enumerate(islice(sheet.iter_rows(), ENOUGH), 1):
        steps = int(getattr(row[0].alignment, "indent", 0) or 0) if row else 0
        rows.append([("" if place else "  " * steps) + _shown(each) for place, each in enumerate(row)])
        dates |= {(line, place) for place, each in enumerate(row) if isinstance(each.value, date)}
    merged = [(reach.min_row, reach.coord) for reach in sheet.merged_cells.ranges if reach.min_col != reach.max_col]
    return rows, frozenset(dates), merged


def _shown(each) -> str:
    """A cell's text with the decimals that its number format shows: 3.20 is stored as 3.2."""
    value, shape = each.value, (each.number_format or "").split(";")[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else as_text(value)
    decimals = len(shape.partition(".")[2].rstrip("% ").replace("#", "0"))
    if shape.rstrip().endswith("%"):
        return f"{100 * value:.{decimals}f}%"
    return f"{value:.{decimals}f}" if set(shape) <= set("0#,.") else as_text(value)


def two_rows(heads: list[str], below: list[str]) -> bool:
    """Whether the row below the headings has headings too: texts beneath one that reaches over them, sizes, kinds."""
    said = [text.strip() for text in below]
    filled = [text for text in said if text]
    sizes = all(SIZE_ALONE.fullmatch(text) for text in filled) and not any(SIZED.search(head) for head in heads)
    kinds = len(filled) > 1 and all(HEAD_KIND.fullmatch(text) for text in filled)
    if filled and not said[0] and (sizes or kinds):
        return True
    words = all(cell(re.sub(r"[(\[].*", "", text)).form in ("unknown", "blank") for text in said)
    return words and len(filled) > 1 and any(text and not head for head, text in list(zip_longest(heads, said))[1:])


def one_row(heads: list[str], below: list[str], reaches: Sequence[str]) -> list[str]:
    """Two rows of headings as one; a heading reaches over the blanks beside it, or as far as its cells are merged."""
    from openpyxl.utils import range_boundaries

    over = {place for left, _, right, _ in map(range_boundaries, reaches) for place in range(left - 1, right)}
    made, carry = [], ""
    for place, texts in enumerate(zip_longest(heads, below, fillvalue="")):
        own, text = map(str.strip, texts)
        carry = own or (carry if place in over or not over else "")
        apart = not text or (_alone(text) and not own and not over)
        size = SIZE_ALONE.fullmatch(text)
        made.append(under(own if apart else carry, f"(n={size[1].strip()})" if size else text))
    return [" ".join(text.split()) for text in made]


def _alone(text: str) -> bool:
    """Whether a heading is of no group, whatever stands above it."""
    return any(re.fullmatch(pattern, text, re.IGNORECASE) for role, pattern in ROLES if role in ALONE)


def under(heading: str, text: str) -> str:
    """A heading with the one beneath it, the number of cases last; a test with the comparison that it is of."""
    if _alone(text):
        return f"{text} ({heading})" if re.search(r"\b(vs?|versus|against)\b", heading) else text
    size = SIZED.search(heading) or BARE_SIZE.search(heading)
    name = heading[: size.start()] if size else heading
    return f"{name} {text} {size[0].strip() if size else ''}".strip()


def columns_joined(heads: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]], tuple[int, ...]]:
    """Columns of one group that stand apart (drug mean, drug SD, drug n) as the one that they make; which are kept."""
    parts: dict[str, dict[str, int]] = {}
    sizes: dict[str, str] = {}
    for place, head in enumerate(heads):
        head = re.sub(r"\b(mean|m) ?(±|\+/?-|\() ?sd\b\)?", "both", head, flags=re.IGNORECASE)
        size = SIZED.search(head)
        found = PART.fullmatch(head[: size.start()].strip() if size else head)
        if found:
            base = (found[1] or "").strip(" ,:(_-")
            size = size or SIZED.search(base)  # drug (n=34) M
            base = SIZED.sub("", base).strip()
            sizes[base] = sizes.get(base) or (size[0].strip() if size else "")
            name = {"m": "mean", "no": "n", "percent": "%", "s.d.": "sd"}.get(found[2].lower(), found[2].lower())
            parts.setdefault(base or "figures", {}).setdefault(name, place)
    whole = ({"mean", "sd"}, {"mean", "se"}, {"n", "%"}, {"n", "both"})
    first = {min(at.values()): (base, at) for base, at in parts.items() if any(made <= set(at) for made in whole)}
    gone = {place for _, at in first.values() for place in at.values()} - set(first)
    kept = [place for place in range(len(heads)) if place not in gone]
    heads, rows = list(heads), [list(row) for row in rows]
    for place, (base, at) in first.items():
        heads[place] = f"{base} {sizes.get(base, '')}".strip()
        for row in rows:
            row[place] = _one({name: row[k].strip() for name, k in at.items()})
    return [heads[place] for place in kept], [[row[place] for place in kept] for row in rows], tuple(kept)


def rows_joined(rows: list[list[str]]) -> tuple[list[list[str]], list[int]]:
    """Rows 'Mean' and 'SD' beneath each other, and 'n' above them, as the one row that they make; which are kept."""
    rows, gone = [list(row) for row in rows], set()
    for place in range(min(3, len(rows[0]) if rows else 0)):
        names = [STACKED.get(row[place].strip(" :,.·-–").casefold(), "") for row in rows]
        for at in (k for k, name in enumerate(names) if name == "mean"):
            below = next((k for k in (at + 1, at + 2) if k < len(rows) and names[k] in ("sd", "se", "mean")), None)
            if below is None or names[below] == "mean" or any(rows[below][:place]):
                continue
            above = at - 1 if at and names[at - 1] == "n" and not any(rows[at][:place]) else None
            sizes = rows[above] if above is not None else [""] * len(rows[at])
            texts = [map(str.strip, row[place + 1 :]) for row in (rows[at], rows[below], sizes)]
            made = [_stacked(names[below], *cells) for cells in zip(*texts, strict=True)]
            if None in made:
                continue
            rows[at][place + 1 :] = made
            if above is not None:
                rows[at][:place] = sizes[:place]
            rows[at][place] = re.sub(r"\S.*", f"Mean ({names[below].upper()})", rows[at][place])
            gone |= {below} if above is None else {below, above}
    kept = [k for k in range(len(rows)) if k not in gone]
    return [rows[k] for k in kept], kept


def _stacked(name: str, mean: str, spread: str, n: str) -> str | None:
    """A cell of a mean, the SD or SE beneath it and the n above; None where two of them cannot be one."""
    if cell(mean).form == cell(spread).form == "number":
        return _one({"mean": mean, name: spread, "n": n if n.isdecimal() else ""})
    return None if mean and spread else mean or spread or n


def _one(said: dict[str, str]) -> str:
    """A cell of the texts that stand apart."""
    n, percent = said.get("n", ""), said.get("%", "").rstrip("% ")
    if said.get("both"):
        return f"{said['both']} [{n}]" if n else said["both"]
    if said.get("mean"):
        spread = f" ({said['sd']})" if said.get("sd") else f" (SE {said['se']})" if said.get("se") else ""
        low, high = said.get("min", ""), said.get("max", "")
        reach = f"{low} to {high}" if low and high else said.get("range", "")
        spread += f" ({reach})" if reach else ""
        return f"{said['mean']}{spread}" + (f" [{n}]" if n else "")
    return f"{n} ({percent}%)" if n and percent else n or (f"{percent}%" if percent else "")
