"""The columns of an exported file: what each means, and what stands in it for each code."""

from collections import Counter
from dataclasses import dataclass, replace

import pandas as pd

from keepsafe.codebook import Variable
from keepsafe.export.names import legal
from keepsafe.export.numbering import has_words, lettered, numbers, words, written
from keepsafe.export.records import BLANK, making, variables
from keepsafe.study import Study

VALUES = {".sav": numbers, ".dta": lettered, ".csv": written}
LONGEST = {".sav": 64, ".dta": 32, ".csv": 64}  # bytes of a name; of a .csv in SPSS
MEASURES = {"identifier": "nominal", "binary": "nominal", "category": "nominal", "ordered": "ordinal",
            "count": "scale", "number": "scale"}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A column of an exported file.

    `column` is its name in the file, `name` the one that SPSS allows; `label` is that of the codebook, with the phase
    where two variables share it. `values` gives for each code, of a level and of missing, what stands for it in the
    file: a number, a text, or in .dta one of Stata's letters of missing. `text` is True where the column holds text, of
    at most `width` bytes. `blank` is what a blank cell means, where the codebook says it; `made` says how a derived
    variable is made.
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

    @property
    def measure(self) -> str:
        """Level of measurement: nominal, ordinal or scale."""
        return MEASURES[self.variable.type]

    @property
    def levels(self) -> dict[int | str, str]:
        """Labels of the levels, by what stands for them in the file."""
        return {self.values[code]: label for code, label in self.variable.levels.items()}

    @property
    def missing(self) -> dict[int | str, str]:
        """Labels of missing, by what stands for them in the file."""
        return {self.values[code]: label for code, label in self.variable.missing.items()}

    @property
    def labels(self) -> dict[int | str, str]:
        """Labels of levels and of missing."""
        return self.levels | self.missing

    def stored(self, codes: pd.Series) -> pd.Series:
        """A column of codes as the file holds them; blank where no code of missing stands."""
        if self.text:
            return codes
        values = {code: self.values[code] if code in self.values else float(code) for code in codes.unique() if code}
        letters = {code: value for code, value in values.items() if isinstance(value, str)}
        numbers = {code: float(value) for code, value in values.items() if code not in letters}
        if not letters:
            return pd.to_numeric(codes.map(numbers))
        # The library takes a column whose first hundred entries are letters for text, unless its categories begin with
        # a number; and a blank among whole numbers for 0, unless they are written with a decimal point.
        kinds = [*(sorted(set(numbers.values())) or [0.0]), *sorted(set(letters.values()))]
        return codes.map(numbers | letters).astype(pd.CategoricalDtype(pd.Index(kinds, dtype=object)))


def fields_of(codes: pd.DataFrame, study: Study, ending: str) -> list[Field]:
    """The columns of a file.

    Parameters
    ----------
    codes : as `as_codes` returns them.
    study : what they mean.
    ending : of the file: ".sav", ".dta" or ".csv".

    Returns
    -------
    list of Field, in the order of the columns
    """
    described = variables(study, codes)
    shared = Counter(variable.label for variable in described)
    # The library that writes .dta names each set of value labels by its variable and a running number.
    running = len(str(len(described))) if ending == ".dta" else 0
    names = legal([variable.name for variable in described], LONGEST[ending] - running)
    fields = []
    for variable, name in zip(described, names, strict=True):
        variable, blank = _apart(variable)
        text = variable.type == "identifier" or (variable.coded and ending == ".csv" and has_words(variable))
        values = words(variable) if text else VALUES[ending](variable, codes[variable.name])
        label = variable.label
        if shared[label] > 1 and variable.phase:
            label += f" (phase {variable.phase.replace(';', ', ')})"
        made = making(study.derived[variable.name], study) if variable.name in study.derived else ""
        column = variable.name if ending == ".csv" else name
        width = 1 + max((len(code.encode()) for code in codes[variable.name].unique()), default=0)
        fields.append(Field(variable, column, name, label, values, text, width, blank, made))
    return fields


def _apart(variable: Variable) -> tuple[Variable, str]:
    """The variable without a blank cell among its codes of missing, and what that means."""
    codes = {code: label for code, label in variable.missing.items() if code != BLANK}
    return replace(variable, missing=codes), variable.missing.get(BLANK, "")
