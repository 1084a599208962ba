"""Entries: which code or value each stands for, by the codebook, and which contradict each other, by the study.

Longer than 300 lines: a table goes in, a column of codes or values a variable comes out, and all between is here.

Labels are looked up among labels only, and those of levels apart from those of missing, so that no level becomes
another one because its label looks like a code, and no missing entry becomes a level.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from keepsafe.files.forms import PLAIN, dates, hours, number, numbers
from keepsafe.reading.table import DECLARED, Meaning, Table, as_text
from keepsafe.study import Derived, Study
from keepsafe.study.codebook import Codebook, Variable, first_day

DAY_0 = pd.Timestamp("1970-01-01").as_unit("s")
WHOLE = r"-?[0-9]{1,15}"


def in_codes(table: Table, codebook: Codebook) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns of a table that the codebook knows, in its order, each a categorical of text, indexed by line.

    Codes that the file labels as the codebook labels others become the codebook's; the second frame has how many, as
    `repairs`. Of a column that occurs twice the first is taken.
    """
    made, changed = {}, {}
    for variable in codebook:
        name = variable.name
        if variable.numbered:
            numbers = table.lines.astype("str")
            made[name] = pd.Categorical(numbers, categories=numbers)
        elif places := table.places(name):
            column, said = table.columns[places[0]], table.meaning(places[0])
            codes = by_label(variable, said, column.categories) if said.levels or said.missing else {}
            made[name], changed[name] = _recoded(column, codes)
    extract = pd.DataFrame(made, table.lines)
    extract.attrs["file"] = table.file
    return extract, counted(changed, "entries")


def tidied(extract: pd.DataFrame, codebook: Codebook, forms: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every entry as its code (blanks around it, capitals, labels, forms of numbers and dates), and `repairs`.

    Columns are categoricals of text; what is neither code nor label stays, to be told as a fault. Without `forms`
    another form of the same number, as 1.0 for 1, does not count.
    """
    made, changed = {}, {}
    for name, texts in extract.items():
        if isinstance(texts.dtype, pd.CategoricalDtype) and not texts.isna().any():
            column = texts.array
        else:
            codes, entries = pd.factorize(texts, use_na_sentinel=False)
            column = _merged(codes, map(as_text, entries))
        made[name], changed[name] = _recoded(column, spellings(codebook[name], column.categories), forms)
    return extract.assign(**made), counted(changed, "entries")


def _recoded(column: pd.Categorical, codes: Mapping[str, str], forms: bool = True) -> tuple[pd.Categorical, int]:
    """The column with other entries, where there are any, and how many filled cells that changes."""
    if all(entry == code for entry, code in codes.items()):
        return column, 0
    meant = [codes.get(entry, entry) for entry in column.categories]
    changed = [
        entry not in ("", code) and (forms or number(entry) != code)
        for entry, code in zip(column.categories, meant, strict=True)
    ]
    return _merged(column.codes, meant), int(np.array(changed, dtype=bool)[column.codes].sum())


def _merged(codes: np.ndarray, entries: Iterable[str]) -> pd.Categorical:
    """A column from the place of each cell's entry among these, of which equal ones become one."""
    places, different = pd.factorize(pd.Index(list(entries), dtype="str"))
    return pd.Categorical.from_codes(places[codes], different, validate=False)


def counted(numbers: Mapping[str, int], what: str) -> pd.DataFrame:
    """Numbers by variable, those above nought, the largest first."""
    made = pd.Series(numbers, dtype=int)
    made = made[made > 0].sort_values(ascending=False, kind="stable")
    return made.rename_axis("variable").reset_index(name=what)


def by_label(variable: Variable, said: Meaning, entries: Iterable[str] = ()) -> dict[str, str]:
    """The codes that a file labels, with those of the codebook that have the same label.

    Levels become levels and missing ones missing ones; a code of missing without a label is the codebook's only one.
    Two codes never become one. A code whose label the codebook lacks stays, unless another one became it, or the file
    calls it missing where the codebook gives no range: then it stands with its label, to be told as a fault.

    >>> from keepsafe import load_codebook
    >>> by_label(load_codebook()["sex"], Meaning(levels={"1": "Male", "2": "Female"}, missing={".a": "not recorded"}))
    {'.a': '-9', '1': 'male', '2': 'female'}
    """
    labels, entries = {**said.missing, **said.levels}, list(entries)
    codes = {**variable.levels, **variable.missing}
    made = _matched(said.missing, variable.missing)
    if variable.coded:
        made |= _matched(said.levels, variable.levels)
        words = {code.casefold(): code for code in codes if number(code) is None}
        for code, label in labels.items():  # a word among codes may be what a file has as the label of a number
            word = words.get(label.casefold())
            kind = variable.levels if code in said.levels else variable.missing
            if code not in made and code not in codes and word in kind and word not in made.values():
                made[code] = word
    unnamed = [code for code, label in said.missing.items() if label == DECLARED and code not in codes]
    ours = set(variable.missing) - set(made.values())
    if len(unnamed) == len(ours) == 1 and not ours & set(entries):
        made[unnamed[0]] = ours.pop()
    if variable.low is None and not variable.coded and variable.type != "identifier":  # no range makes it a value
        unlisted = {code: label for code, label in said.missing.items() if code not in codes and code not in made}
        made |= {code: f"{code} ({label})" for code, label in unlisted.items()}
    taken = {code for was, code in made.items() if was != code}
    rest = {
        code: f"{code} ({labels.get(code, 'no label')})" if code in taken else code
        for code in (*labels, *entries)
        if code and code not in made
    }
    return {**made, **rest}


def _matched(theirs: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Codes with the code of the same label, where one code on either side has it; a code that has its own keeps it."""
    theirs, ours = ({code: _plain(label) for code, label in labels.items()} for labels in (theirs, ours))
    found = {code: code for code, label in theirs.items() if label.casefold() == ours.get(code, "").casefold()}
    for fold in (str, str.casefold):
        left = {code: fold(label) for code, label in theirs.items() if code not in found}
        right = {code: fold(label) for code, label in ours.items() if code not in found.values()}
        once, own = Counter(left.values()), Counter(right.values())
        by_name = {label: code for code, label in right.items() if own[label] == 1}
        found |= {code: by_name[label] for code, label in left.items() if once[label] == 1 and label in by_name}
    return found


def spellings(variable: Variable, entries: Iterable[str]) -> dict[str, str]:
    """The different entries of a column, each with what it stands for; those that stand for nothing known stay.

    Blanks around an entry and capitals are passed over, a label stands for its code, a number is brought into plain
    form (.5, +2, 3,5 in a column of decimal commas, 30:15:00 as hours), a date into that of ISO.

    >>> from keepsafe import load_codebook
    >>> spellings(load_codebook()["sex"], [" Female", "MALE", "femle"])
    {' Female': 'female', 'MALE': 'male', 'femle': 'femle'}
    """
    entries = list(entries)
    if variable.type == "identifier" and not variable.missing:
        return {entry: _plain(entry) for entry in entries if entry != _plain(entry)}  # there may be a million
    exact, known = {*variable.levels, *variable.missing}, _known(variable)
    plain = {entry: entry if entry in exact else _plain(entry) for entry in entries}
    values: dict[str, str] = {}
    if variable.measured:
        values = numbers(plain.values())
        if variable.whole:  # what is no whole number is told as it stands
            values = {entry: value for entry, value in values.items() if "." not in value}
        else:
            values |= {entry: made for entry in plain.values() if (made := hours(entry)) is not None}
    elif variable.type == "date":
        values = dates(entry for entry in plain.values() if entry not in exact)
    elif variable.coded:
        values = {entry: entry.partition(".")[0] for entry in plain.values() if re.fullmatch(r"-?[0-9]+\.0+", entry)}

    made = {}
    for entry, text in plain.items():
        value = text if text in exact else values.get(text, text)
        made[entry] = value if value in exact else known.get(text.casefold(), text if variable.coded else value)
    return made


def _known(variable: Variable) -> dict[str, str]:
    """Codes by what may be written for them, capitals and blanks apart: other codes, and labels that are no numbers.

    What may be read in two ways is not among them. A label that is a number stands for its code only if it is that.
    """
    made: dict[str, set[str]] = {}
    labels = {**variable.levels, **variable.missing}
    for code in labels:
        made.setdefault(_plain(code).casefold(), set()).add(code)
    codes = set(made)
    for code, label in labels.items():
        text = _plain(label).casefold()
        if text not in codes and number(text) is None:
            made.setdefault(text, set()).add(code)
    found = {text: codes.pop() for text, codes in made.items() if len(codes) == 1}
    return {**found, **({"": "blank"} if "blank" in variable.missing else {})}


def _plain(text: str) -> str:
    return " ".join(text.split())


def allowed(variable: Variable, entries: pd.Series) -> pd.Series:
    """Whether each entry is a level, a number or a date within the range, or a code of missing."""
    missing = entries.isin(list(variable.missing))
    if variable.type == "identifier":
        return missing | (entries != "")
    if variable.coded:
        return missing | entries.isin(list(variable.levels))
    if variable.type == "date":
        low: Any = variable.low or date.min
        high: Any = variable.high or date.max
        fits = [day is not None and low <= day <= high for day in map(first_day, entries)]
        return missing | pd.Series(fits, entries.index, dtype=bool)
    numbers = pd.to_numeric(entries.where(entries.str.fullmatch(WHOLE if variable.whole else PLAIN), None))
    least = variable.low if variable.low is not None else float("-inf")
    most = variable.high if variable.high is not None else float("inf")
    return missing | numbers.between(least, most).fillna(False).astype(bool)


def without_refused(tidied: pd.DataFrame, codebook: Codebook) -> dict[str, pd.Series]:
    """Each column of categoricals of text, with blanks in the place of entries that the codebook does not allow."""
    made = {}
    for name, column in tidied.items():
        entries = column.cat.categories.to_series()
        fit = allowed(codebook[name], entries)
        made[name] = column if fit.all() else column.cat.remove_categories(entries[~fit])
    return made


def known(column: pd.Series, variable: Variable) -> pd.Categorical:
    """A column of codes, those of missing made blank; of a coded variable the categories are its levels in order."""
    if variable.coded:
        return column.array.set_categories(list(variable.levels))
    return column.array.remove_categories([code for code in variable.missing if code in column.cat.categories])


def typed(known: pd.Categorical, variable: Variable) -> ExtensionArray:
    """A column as the cohort holds it."""
    if variable.type in ("category", "ordered"):
        return known.set_categories(list(variable.levels), ordered=variable.type == "ordered")
    if variable.type == "identifier":
        return known.astype("str")
    if variable.type == "date":
        days = np.array([first_day(entry) for entry in known.categories] + [None], dtype="datetime64[s]")
        return pd.array(days[known.codes])
    numbers = pd.to_numeric(pd.Series(known.categories, dtype="str")).to_numpy()
    values, blank = np.append(numbers, 0)[known.codes], known.codes < 0
    if variable.whole:
        return pd.arrays.IntegerArray(values.astype("int64"), blank)
    return pd.arrays.FloatingArray(values.astype("float64"), blank)


def derived(values: pd.DataFrame, rule: Derived) -> pd.Series:
    """A derived variable: days or years between two dates, else 0 and 1; blank where its sources leave it open."""
    if rule.since:
        since, day = values[rule.since], first_day(rule.until)
        until = pd.Series(np.datetime64(day, "s"), values.index) if day else values[rule.until]
        if rule.unit == "days":
            return (until - since).dt.days.astype("Int64")
        before = (until.dt.month * 100 + until.dt.day) < (since.dt.month * 100 + since.dt.day)
        return (until.dt.year - since.dt.year - before).astype("Int64").mask(since.isna() | until.isna())
    if rule.one_of:
        source = values[rule.variable]
        made = source.astype("str").isin(rule.one_of).astype("Int64").mask(source.isna())
    else:
        parts, decisive = values[list(rule.sources)], 1 if rule.any_of else 0
        made = parts.max(axis=1) if rule.any_of else parts.min(axis=1)
        made = made.astype("Int64").mask(parts.isna().any(axis=1) & ~parts.eq(decisive).any(axis=1))
    return made if rule.otherwise is None else made.fillna(int(rule.otherwise))


def contradictions(fit: Mapping[str, pd.Series], study: Study) -> Iterator[tuple[str, np.ndarray, str, str]]:
    """For each rule its column, the rows that break it, what the column contradicts there, and the rule in words.

    `fit` is as of `without_refused`; the rules are [rules] and the groups of categories under [cohort]. An entry that
    the codebook does not allow, or that is missing, contradicts nothing.
    """

    @cache
    def values(name: str) -> pd.Series:
        """What is known of a variable."""
        if rule := study.derived.get(name):
            sources = pd.DataFrame({source: values(source) for source in rule.sources})
            return derived(sources, replace(rule, otherwise=None))
        variable = study.codebook[name]
        return pd.Series(typed(known(fit[name], variable), variable), fit[name].index)

    def numbers(name: str) -> np.ndarray:
        """The same as numbers, dates as days; not a number where it is a category or an identifier."""
        made = values(name)
        if pd.api.types.is_datetime64_dtype(made.dtype):
            return (made - DAY_0).dt.days.to_numpy(float)
        if pd.api.types.is_numeric_dtype(made.dtype):
            return made.to_numpy(float, na_value=np.nan)
        return np.full(len(made), np.nan)

    def have(*names: str) -> bool:
        """Whether the columns are there, for a derived variable all that it is made from."""
        made = study.derived
        return all(each in fit for name in names for each in (made[name].sources if name in made else (name,)))

    rules, cohort = study.rules, study.settings.get("cohort", {})
    for column, bases in rules.only_where.items():
        if have(column, *bases):
            named = " and ".join(bases)
            recorded = values(column).notna() & (fit[column] != "0")
            zero = np.logical_or.reduce([numbers(base) == 0 for base in bases])
            rule = f"it is recorded only where {named} {'is' if len(bases) == 1 else 'are'} 1"
            yield column, recorded.to_numpy() & zero, named, rule
    for part, whole in rules.within.items():
        if have(part, whole):
            yield part, numbers(part) > numbers(whole), whole, "it is part of that, and cannot be more"
    for later, earlier in rules.not_before.items():
        if have(later, earlier):
            yield later, numbers(later) < numbers(earlier), earlier, "it is not before that"
    for total, parts in rules.sums.items():
        if have(total, *parts):
            differs = numbers(total) - sum(np.sign(numbers(part)) for part in parts)
            yield total, np.nan_to_num(differs) != 0, ", ".join(parts), "it is how many of these are 1"
    groups, category, group = (cohort.get(key) for key in ("groups_of_categories", "category", "grouped_as"))
    if groups and category and group and have(category, group):
        wanted = values(category).astype("str").map({code: name for name, codes in groups.items() for code in codes})
        stands = values(group).astype("str")
        words = "; ".join(f"{name} is for {' or '.join(codes)}" for name, codes in groups.items())
        yield group, (wanted.notna() & stands.notna() & (wanted != stands)).to_numpy(), category, words
