"""The draft: a row a column, levels with few cases withheld, and what its owner has to look at."""

import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import paths, reading
from keepsafe.codebook import CODED, COLUMNS, MEASURED, NUMBER
from keepsafe.drafting.guess import LEAST, Guess, guess
from keepsafe.inert import inert_cells
from keepsafe.problems import InputError, printable, shortened
from keepsafe.reading.table import Meaning, Table, as_name

UNFIT = r"[=;]"  # what a code in a codebook cannot hold


@dataclass(frozen=True)
class Draft:
    """A drafted codebook; and for its owner alone the counts that it rests on, and what to look at, a line each."""

    frame: pd.DataFrame
    counts: tuple[str, ...]
    attention: tuple[str, ...]

    def csv(self) -> str:
        """The codebook as CSV that no spreadsheet runs as a formula."""
        return inert_cells(self.frame).to_csv(index=False, lineterminator="\n")

    def save(self, path: Path) -> None:
        """Write the codebook whole, to a file that is not there yet; InputError where it is, or cannot be written."""
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_text(self.csv(), encoding="utf-8")
            os.link(beside, path)  # which, unlike a renaming, fails where there is a file
        except FileExistsError:
            raise InputError.of("is there already, and stays as it is", file=paths.shown(path),
                                remedy="give another name to --out") from None  # fmt: skip
        except OSError as error:
            raise InputError.of(f"cannot be written: {error.strerror}", file=paths.shown(path)) from None
        finally:
            beside.unlink(missing_ok=True)


def draft(path: str | Path) -> Draft:
    """Draft a codebook from a file, in any format that `read_case_files` takes.

    Parameters
    ----------
    path : the file, one row a case.

    Returns
    -------
    Draft
        Levels that fewer than ten cases have are left out of it, unless the file itself labels them, and ranges are
        rounded outwards to 1, 2 or 5 and zeros, for a codebook may be passed on where its file may not.

    Raises
    ------
    InputError
        for a file that cannot be read.

    Examples
    --------
    >>> from keepsafe import paths
    >>> made = draft(paths.data("synthetic", "case_files.csv")).frame.set_index("name")
    >>> made.loc["sex", ["type", "levels"]].tolist()
    ['category', 'female=Female; male=Male']
    >>> made.loc["lived_care_p2", ["phase", "missing"]].tolist()
    ['2', '-8=not recorded; -9=not recorded']
    """
    table = reading.read(path)
    rows, counts, attention = [], [], defaultdict(list)
    seen: dict[str, int] = {}
    for place, heading in enumerate(table.names):
        name = as_name(heading) if heading else f"column_{place + 1}"
        if name in seen:
            attention[f"left out, for column {seen[name] + 1} has the same name"].append(f"column {place + 1}")
            continue
        seen[name] = place
        row, counted, remarks = _row(name, table, place)
        rows.append(row)
        counts.append(f"{name}: {counted}")
        for remark in remarks if heading else ["without a heading: write this one into the file", *remarks]:
            attention[remark].append(name)
    told = [*table.notes, *(f"{remark} ({', '.join(names)})" for remark, names in attention.items())]
    if table.ragged:
        told.append(f"{len(table.ragged):,} rows with another number of cells than the header were not counted")
    told.append("sensitive: write yes wherever an entry may not be repeated in a message")
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Draft(frame, tuple(map(printable, counts)), tuple(map(printable, told)))


def _row(name: str, table: Table, place: int) -> tuple[dict[str, str], str, list[str]]:
    """A row of the codebook, the counts in words, and remarks."""
    column, said = table.columns[place], table.meanings.get(table.names[place], Meaning())
    times = np.bincount(column.codes, minlength=len(column.categories)).tolist()
    by_code: Counter[str] = Counter()
    for entry, number in zip(column.categories, times, strict=True):
        by_code[re.sub(r"^(-?\d+)\.0+$", r"\1", entry)] += number
    by_code = +by_code  # without those that do not occur
    entries = pd.Series(list(by_code), dtype="str")
    found = guess(name, entries, np.array(list(by_code.values())), said)
    missing = {code: label for code, label in found.missing.items() if not re.search(UNFIT, code)}
    remarks, levels, told = list(found.attention), "", ""
    if found.type in CODED:
        named, withheld, unfit = _levels(by_code, found, said)
        levels = _pairs(named)
        told = ", ".join(f"{shortened(code)} {_cases(by_code.get(code, 0))}" for code in named)
        if withheld:
            them = "it" if withheld == 1 else "them"
            remarks.append(f"{_number(withheld, 'level')} with fewer than {LEAST} cases withheld: add {them} by hand")
        if _unlabelled(by_code, found, said):
            remarks.append("a code without a label in the file: an error, or a level to add?")
        if unfit:
            remarks.append(f"{_number(unfit, 'code')} with = or ; left out, which no codebook takes: recode them")
        if len(named) < 2:
            remarks.append("fewer than two levels are left: the codebook cannot be read before more are added")
    elif found.type in MEASURED:
        numbers = pd.to_numeric(entries[~entries.isin(["", *found.missing])], errors="coerce").dropna()
        levels = _range(numbers, list(missing), whole=bool((numbers % 1 == 0).all()))
    row = dict.fromkeys(COLUMNS, "") | {
        "name": name,
        "label": _label(said.label) or _in_words(re.sub(r"_p[1-4]$", "", name)),
        "phase": phase[1] if (phase := re.search(r"_p([1-4])$", name)) else "",
        "type": found.type,
        "levels": levels,
        "missing": _pairs(missing),
        "reference": levels.partition("=")[0] if found.type in CODED else "",
        "sensitive": "yes" if found.sensitive else "no",
    }
    blank = sum(by_code.get("" if code == "blank" else code, 0) for code in found.missing)
    counted = f"{found.type}, {_cases(sum(by_code.values()) - blank)} filled, {_cases(blank)} missing"
    return row, counted + (f"; {told}" if told else ""), remarks


def _levels(by_code: dict[str, int], found: Guess, said: Meaning) -> tuple[dict[str, str], int, int]:
    """Levels with their labels, how many are withheld for their few cases, and how many no codebook takes."""
    if found.type == "binary":
        return {code: _label(said.levels.get(code) or label) for code, label in (("0", "no"), ("1", "yes"))}, 0, 0
    labelled = _labelled(said)
    codes = [*said.levels, *(() if labelled else sorted(by_code.keys() - said.levels.keys(), key=_by_size))]
    codes = [code for code in codes if code and code not in found.missing]
    common = [code for code in codes if labelled or by_code.get(code, LEAST) >= LEAST]
    kept = [code for code in common if not re.search(UNFIT, code)]
    labels = {code: _label(said.levels.get(code) or _in_words(code)) for code in kept}
    several = {label for label, number in Counter(labels.values()).items() if number > 1}
    named = {code: f"{label} ({code})" if label in several else label for code, label in labels.items()}
    return named, len(codes) - len(common), len(common) - len(kept)


def _labelled(said: Meaning) -> bool:
    """Whether the file labels the column's codes, as SPSS and Stata do; the levels of Parquet are the entries."""
    return any(code != label for code, label in said.levels.items())


def _unlabelled(by_code: dict[str, int], found: Guess, said: Meaning) -> bool:
    """Whether a code occurs that the file leaves without a label although it labels others of the column."""
    return _labelled(said) and bool(by_code.keys() - {"", *said.levels, *found.missing})


def _by_size(code: str) -> tuple[float, str]:
    return (float(code) if re.fullmatch(NUMBER, code) else float("inf"), code)


def _label(text: str) -> str:
    """A label on one line, without what separates labels."""
    return " ".join(text.replace(";", ",").split())


def _in_words(name: str) -> str:
    """A name or a code as a label: lived_care becomes Lived care."""
    words = name.replace("_", " ").strip() or name
    return words[:1].upper() + words[1:]


def _pairs(labels: dict[str, str]) -> str:
    return "; ".join(f"{code}={label}" for code, label in labels.items())


def _range(numbers: pd.Series, missing: list[str], whole: bool) -> str:
    """Limits rounded outwards, as far as no code of missing lies within; blank where there are none such."""
    least, most = numbers.min(), numbers.max()
    if numbers.empty or max(-least, most) > 1e12:
        return ""
    codes = [float(code) for code in missing if re.fullmatch(NUMBER, code)]
    if any(least <= code <= most for code in codes):
        return ""
    low = max([-_round(-least) if least < 0 else 0, *(code + 1 for code in codes if code < least)])
    high = min([_round(most) if most > 0 else 1, *(code - 1 for code in codes if code > most)])
    return f"{low:.0f}..{high:.0f}" if whole else f"{low:.1f}..{high:.1f}"


def _round(value: float) -> float:
    """The next 1, 2 or 5 and zeros, from a number above 0 upwards."""
    size = 10.0 ** np.floor(np.log10(value))
    return next(step * size for step in (1, 2, 5, 10) if step * size >= value)


def _number(count: int, of: str) -> str:
    return f"{count:,} {of}{'s' if count != 1 else ''}"


def _cases(count: int) -> str:
    return f"fewer than {LEAST}" if 0 < count < LEAST else f"{count:,}"
