"""The columns of an exported file, every entry a code, named as SPSS and Stata allow, and written (.sav, .dta, .csv).

Longer than 300 lines: what a column is called, means and holds is one description, from the codebook to the file.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, count
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pandas as pd

from keepsafe.files import tidy
from keepsafe.reading.delimited import inert, inert_cells
from keepsafe.study import Derived, Study
from keepsafe.study.codebook import NUMBER, Variable, first_day

BLANK = "blank"  # the codebook's word for a blank cell
LONGEST = {".sav": 64, ".dta": 32, ".csv": 64}  # bytes of a name; of a .csv in SPSS
MEASURES = {"ordered": "ordinal", "count": "scale", "number": "scale", "date": "scale"}  # all else is nominal
DAYS = {".sav": (date(1582, 10, 14), 86_400), ".dta": (date(1960, 1, 1), 1)}  # day 0, and what a day counts
ONE_BY_ONE = 3  # codes of missing that SPSS takes for a variable; more have to be a range
# Words that SPSS or Stata keep for themselves.
RESERVED = {
    *"all and by eq ge gt le lt ne not or to with".split(),
    *"_all _b _coef _cons _n _pi _pred _rc _skip byte double float if in int long strl using".split(),
}


@dataclass(frozen=True)
class Field:
    """A column of an exported file.

    `column` is its name in the file, `name` the one that SPSS allows; `label` is that of the codebook, with the phase
    where two variables share it. `values` gives for each code, of a level and of missing, what stands for it in the
    file: a number, a text, or in .dta one of Stata's letters of missing. `text` is True where the column holds text, of
    at most `width` bytes. `blank` is what a blank cell means, where the codebook says it; `made` says how a derived
    variable is made; `ending` is that of the file.
    """

    variable: Variable
    column: str
    name: str
    label: str
    values: dict[str, int | str]
    text: bool
    width: int
    blank: str
    made: str
    ending: str

    @property
    def measure(self) -> str:
        """Level of measurement: nominal, ordinal or scale."""
        return MEASURES.get(self.variable.type, "nominal")

    @property
    def levels(self) -> dict[int | str, str]:
        """Labels of the levels, by what stands for them in the file."""
        return {self.values[code]: label for code, label in self.variable.levels.items()}

    @property
    def missing(self) -> dict[int | str, str]:
        """Labels of missing, by what stands for them in the file."""
        return {self.values[code]: label for code, label in self.variable.missing.items()}

    @property
    def met(self) -> dict[int | str, str]:
        """Of missing, what SPSS meets as such: a word among numbers is missing on reading, as Stata's letters are."""
        return {value: label for value, label in self.missing.items() if self.text or not isinstance(value, str)}

    def shown(self, code: str) -> str:
        """What stands for a code, as programs show it: Stata's letters of missing with a point before them."""
        return f"{'.' if self.ending == '.dta' and code in self.variable.missing else ''}{self.values[code]}"

    def stored(self, codes: pd.Series) -> pd.Series:
        """A column of codes as the file holds them; blank where no code of missing stands."""
        if self.text:
            return codes
        values = {
            code: self.values[code] if code in self.values else self._number(code) for code in codes.unique() if code
        }
        letters = {code: value for code, value in values.items() if isinstance(value, str)}
        numbers = {code: float(value) for code, value in values.items() if code not in letters}
        if not letters:
            return pd.to_numeric(codes.map(numbers))
        # The library takes a column whose first hundred entries are letters for text, unless its categories begin with
        # a number; and a blank among whole numbers for 0, unless they are written with a decimal point.
        kinds = [*(sorted(set(numbers.values())) or [0.0]), *sorted(set(letters.values()))]
        return codes.map(numbers | letters).astype(pd.CategoricalDtype(pd.Index(kinds, dtype=object)))

    def _number(self, code: str) -> float:
        if self.variable.type != "date":
            return float(code)
        origin, unit = DAYS[self.ending]
        return float((first_day(code) - origin).days * unit)


def as_codes(cohort: pd.DataFrame, extract: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The cohort as text, its blanks filled with codes of missing, as far as the codebook has any.

    A person's code is taken from the file that gave the person's row (where a variable is blank, all of the
    person's files have a code of missing); where that file has none, it is the first code of the codebook.
    """
    tidied, facts = tidy(extract, study.codebook), study.settings["study"]
    key = facts.get("file", facts["person"])
    if cohort[key].isna().any():
        key = facts["person"]
    files = tidied[~tidied[key].duplicated()]
    places = pd.Index(files[key].astype("str")).get_indexer(cohort[key])
    made = {}
    for variable in variables(study, cohort):
        rule, known = study.derived.get(variable.name), cohort[variable.name]
        recorded = pd.Series(next(iter(variable.missing), BLANK), index=cohort.index, dtype="str")
        for source in reversed(rule.sources if rule else (variable.name,)):
            if source in files:
                entries = files[source].iloc[places].astype("str").set_axis(cohort.index)
                recorded = entries.where(entries.isin(list(variable.missing)), recorded)
        made[variable.name] = known.astype("str").where(known.notna(), recorded.replace(BLANK, ""))
    return pd.DataFrame(made)


def variables(study: Study, cohort: pd.DataFrame) -> list[Variable]:
    """The variables that a cohort has: the codebook's, then the study's derived ones, described in the same way."""
    described = [*study.codebook, *(_described(rule, study) for rule in study.derived.values())]
    return [variable for variable in described if variable.name in cohort]


def making(rule: Derived, study: Study) -> str:
    """How a derived variable is made, in words.

    >>> from keepsafe import load_study
    >>> making(load_study().derived["female"], load_study())
    '1 where sex is Female'
    """
    if rule.since:
        return f"{'days' if rule.unit == 'days' else 'completed years'} from {rule.since} to {rule.until}"
    if rule.one_of:
        levels = " or ".join(study.codebook.level_label(rule.variable, code) for code in rule.one_of)
        said = f"1 where {rule.variable} is {levels}"
    else:
        said = f"1 where {'at least one' if rule.any_of else 'each'} of {', '.join(rule.sources)} is 1"
    return said if rule.otherwise is None else f"{said}; {rule.otherwise} where that is not known"


def _described(rule: Derived, study: Study) -> Variable:
    """A derived variable as the codebook would have it; what is missing in its sources is missing in it."""
    sources = [study.codebook[name] for name in rule.sources if name in study.codebook]
    missing: dict[str, str] = {}
    for source in sources if rule.otherwise is None else ():
        missing |= {code: label for code, label in source.missing.items() if code not in {"0", "1", *missing}}
    phases, kind, levels, reference = {source.phase for source in sources}, "binary", {"0": "no", "1": "yes"}, "0"
    if rule.measured:  # a code of missing of its sources may be one of its values
        kind, levels, missing, reference = "number", {}, {}, None
    return Variable(
        name=rule.name,
        label=rule.label,
        question=sources[0].question if sources else "",
        phase=phases.pop() if len(phases) == 1 else "",
        type=kind,
        levels=levels,
        low=None,
        high=None,
        missing=missing,
        reference=reference,
        sensitive=any(source.sensitive for source in sources),
        source_line="",
    )


def fields_of(codes: pd.DataFrame, study: Study, ending: str) -> list[Field]:
    """The columns of a file."""
    described = variables(study, codes)
    shared = Counter(variable.label for variable in described)
    # The library that writes .dta names each set of value labels by its variable and a running number.
    running = len(str(len(described))) if ending == ".dta" else 0
    names = legal([variable.name for variable in described], LONGEST[ending] - running)
    fields = []
    for variable, name in zip(described, names, strict=True):
        codes_of_missing = {code: label for code, label in variable.missing.items() if code != BLANK}
        blank = variable.missing.get(BLANK, "")
        variable = replace(variable, missing=codes_of_missing)
        text = variable.type == "identifier" or (variable.coded and ending == ".csv" and has_words(variable))
        values: dict[str, Any] = {code: inert(code) for code in (*variable.levels, *variable.missing)}
        if not text:
            values = stand_ins(variable, codes[variable.name], ending)
        label = variable.label
        if shared[label] > 1 and variable.phase:
            label += f" (phase {variable.phase.replace(';', ', ')})"
        made = making(study.derived[variable.name], study) if variable.name in study.derived else ""
        column = variable.name if ending == ".csv" else name
        width = 1 + max((len(code.encode()) for code in codes[variable.name].unique()), default=0)
        fields.append(Field(variable, column, name, label, values, text, width, blank, made, ending))
    return fields


def stand_ins(variable: Variable, codes: pd.Series, ending: str) -> dict[str, Any]:
    """What stands for each code in a column that is not text; from the 26th on codes share a letter of Stata's."""
    if ending == ".csv":
        return {
            code: int(code) if is_whole(code) else float(code) if re.fullmatch(NUMBER, code) else inert(code)
            for code in (*variable.levels, *variable.missing)
        }
    letters = {code: ascii_lowercase[min(place, 25)] for place, code in enumerate(variable.missing)}
    return numbers(variable, codes) | (letters if ending == ".dta" else {})


def numbers(variable: Variable, codes: pd.Series) -> dict[str, int]:
    """A number for each code of a variable.

    Examples
    --------
    >>> from keepsafe import load_codebook
    >>> numbers(load_codebook()["rejection_p2"], pd.Series(dtype="str"))
    {'no': 1, 'yes': 2, 'mixed': 3, 'unclear': 4, '-9': -9, '-8': -8}
    """
    if all(map(is_whole, variable.levels)):
        levels = {code: int(code) for code in variable.levels}
    else:
        levels = {code: place for place, code in enumerate(variable.levels, 1)}
    missing = {code: int(code) for code in variable.missing if is_whole(code)}
    whole = levels | missing
    if len(missing) == len(variable.missing) <= ONE_BY_ONE and len(set(whole.values())) == len(whole):
        return whole
    real = pd.to_numeric(codes[~codes.isin(["", *variable.missing])]) if variable.measured else []
    low = variable.low or 0 if variable.measured else 0
    lowest = math.floor(min([0, low, *levels.values(), *real]))
    return levels | {code: lowest - place for place, code in enumerate(variable.missing, 1)}


def has_words(variable: Variable) -> bool:
    """Whether a level is a word, or two codes are the same number."""
    whole = {code: int(code) for code in (*variable.levels, *variable.missing) if is_whole(code)}
    return not all(map(is_whole, variable.levels)) or len(set(whole.values())) < len(whole)


def is_whole(code: str) -> bool:
    """Whether a code is a whole number."""
    return re.fullmatch(r"-?[0-9]{1,9}", code) is not None


def legal(names: Iterable[str], longest: int, taken: Iterable[str] = ()) -> list[str]:
    """Names that SPSS and Stata allow: not too long, none of their own words, no two that differ in capitals alone.

    Examples
    --------
    >>> legal(["age", "Age", "with", "criminal_justice_support_requested"], 32)
    ['age', 'Age_2', 'with_v', 'criminal_justice_support_request']
    """
    made: list[str] = []
    used = {name.lower() for name in taken}
    for name in names:
        own = name.lower() in RESERVED or re.fullmatch(r"(?i)str[0-9]+", name)
        base = f"{name}_v" if own else name
        ends = chain([""], (f"_{turn}" for turn in count(2)))
        made.append(next(each for end in ends if (each := _cut(base, longest - len(end)) + end).lower() not in used))
        used.add(made[-1].lower())
    return made


def shortened(text: str, longest: int) -> str:
    """A text on one line of at most so many bytes, its end replaced by dots where it is longer.

    Examples
    --------
    >>> shortened("Relationships with peers", 16)
    'Relationships…'
    """
    line = " ".join(text.split())
    return line if len(line.encode()) <= longest else _cut(line, longest - 3).rstrip() + "…"


def _cut(text: str, longest: int) -> str:
    return text.encode()[:longest].decode(errors="ignore")


NOTE, VERSION = 80, 14  # bytes of a note; the oldest format of Stata in Unicode, which SPSS reads as well
FILE_LABEL = {".sav": 64, ".dta": 80}  # bytes
LABEL = {".sav": 255, ".dta": 80}
VALUE_LABEL = {".sav": 120, ".dta": 32_000}
DATES = {".sav": "SDATE10", ".dta": "%td"}


def write(path: Path, codes: pd.DataFrame, fields: list[Field], title: str, note: str) -> None:
    """Write the records."""
    ending = path.suffix.lower()
    if ending == ".csv":
        inert_cells(codes).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        return
    import pyreadstat

    stored = pd.DataFrame({field.column: field.stored(codes[field.variable.name]) for field in fields})
    numeric = [field for field in fields if not field.text]
    common = {
        "file_label": shortened(title, FILE_LABEL[ending]),
        "column_labels": {field.column: shortened(field.label, LABEL[ending]) for field in fields},
        "variable_value_labels": {
            field.column: {value: shortened(label, VALUE_LABEL[ending]) for value, label in labels.items()}
            for field in numeric
            if (labels := field.levels | field.missing)
        },
    }
    formats = {field.column: DATES[ending] for field in numeric if field.variable.type == "date"}
    if ending == ".dta":
        common["missing_user_values"] = {field.column: sorted(field.missing) for field in numeric if field.missing}
        pyreadstat.write_dta(stored, path, version=VERSION, variable_format=formats, **common)
        return
    whole = {field.column: (stored[field.column].dropna() % 1 == 0).all() for field in numeric}
    missing = {field.column: list(field.missing) for field in numeric if field.missing}
    pyreadstat.write_sav(
        stored,
        path,
        row_compress=True,
        note=shortened(note, NOTE),
        missing_ranges={
            column: codes if len(codes) <= ONE_BY_ONE else [{"lo": min(codes), "hi": max(codes)}]
            for column, codes in missing.items()
        },
        variable_measure={field.column: field.measure for field in fields},
        variable_format={field.column: "F8.0" if whole[field.column] else "F8.2" for field in numeric} | formats,
        **common,
    )
