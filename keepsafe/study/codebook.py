"""The codebook: the one source of what a variable means."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from keepsafe import paths, runs
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.reading import OwnTable, read_own

COLUMNS = ("name", "label", "question", "phase", "type", "levels", "missing", "reference", "sensitive",
           "source_line")  # fmt: skip
CODED = ("binary", "category", "ordered")
MEASURED = ("count", "number")
NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
DATE = r"[0-9]{4}(?:-[0-9A-Z]{2,3}){0,2}"
PAIRS = "write 'code=label; code=label'"
SEVERAL = r"(?s)[^=]+=.*,\s*-?[0-9]+\s*=.*|[^=,]+=[^=,]+(,[^=,]+=[^=,]+)+"  # codes with commas between them
TYPES = ("identifier", *CODED, *MEASURED, "date")


@dataclass(frozen=True)
class Variable:
    """One variable of the case files.

    `levels` maps each code to its label (binary, category, ordered); `low` and `high` are the smallest and
    the largest value allowed (count, number), or the first and the last day (date), `whole` whether only whole numbers
    are; `missing` maps each code of missing to its label, where the code 'blank' stands for an empty cell; `numbered`
    says that the line of a file stands for an identifier that the file has no column of.
    """

    name: str
    label: str
    question: str
    phase: str
    type: str
    levels: dict[str, str]
    low: float | date | None
    high: float | date | None
    missing: dict[str, str]
    reference: str | None
    sensitive: bool
    source_line: str
    whole: bool = True
    numbered: bool = False

    @property
    def coded(self) -> bool:
        """Whether the values are codes of levels (binary, category, ordered)."""
        return self.type in CODED

    @property
    def measured(self) -> bool:
        """Whether the values are numbers (count, number)."""
        return self.type in MEASURED

    @property
    def described(self) -> bool:
        """Whether tables and models may hold it: neither what names a person or a file, nor a date."""
        return self.type not in ("identifier", "date")


class Codebook:
    """The variables of a study, by name, in the order of the file.

    >>> codebook = load_codebook()
    >>> codebook["sex"].levels
    {'female': 'Female', 'male': 'Male'}
    >>> codebook.label("moves_total")
    'Total moves'
    >>> "shoe_size" in codebook
    False
    """

    def __init__(self, variables: list[Variable], frame: pd.DataFrame):
        self._variables = {variable.name: variable for variable in variables}
        self.frame = frame

    def __getitem__(self, name: str) -> Variable:
        if name not in self._variables:
            message, remedy = not_one_of(name, list(self._variables))
            raise InputError.of("the codebook has no such variable", column=name, remedy=remedy)
        return self._variables[name]

    def __contains__(self, name: object) -> bool:
        return name in self._variables

    def __iter__(self) -> Iterator[Variable]:
        return iter(self._variables.values())

    def __len__(self) -> int:
        return len(self._variables)

    @property
    def names(self) -> list[str]:
        """The names of all variables."""
        return list(self._variables)

    def label(self, name: str) -> str:
        """The variable's label; the name itself where the codebook has none."""
        return self._variables[name].label if name in self else name

    def level_label(self, name: str, code: object, within: bool = False) -> str:
        """The label of a code; codes joined by '|', which are no code themselves, give their labels joined by 'or'.

        Within a phrase it is in small letters, unless some labels of the variable are names, as White British is.
        """
        levels = self._variables[name].levels if name in self else {}
        label = levels.get(str(code)) or " or ".join(levels.get(part, part) for part in str(code).split("|"))
        names = any(each[1:] != each[1:].lower() for each in levels.values())
        return label.lower() if within and not names else label

    def by_question(self) -> pd.DataFrame:
        """The coding frame: a row a question and variable, with the phases in which it was coded.

        >>> load_codebook().by_question().loc[("What abuse did the young person experience?", "Neglect"), "Phases"]
        '1, 2'
        """
        frame = self.frame.assign(Variable=self.frame["label"].str.partition(": ")[0])
        frame = frame.assign(Phases=frame["phase"].str.split(";")).explode("Phases")
        frame = frame.rename(columns={"question": "Question"})[["Question", "Variable", "Phases"]].drop_duplicates()
        phases = frame.groupby(["Question", "Variable"], sort=False)["Phases"].agg(", ".join)
        return phases.str.strip(", ").replace("", None).to_frame()

    def column(self, variable: str, phase: str = "") -> str:
        """The column that holds a variable in a phase: variable_p1 where there is one, else the variable.

        >>> load_codebook().column("lived_care", "2")
        'lived_care_p2'
        """
        phased = f"{variable}_p{phase}"
        return phased if phase and phased in self else variable


def load_codebook(path: str | Path | None = None) -> Codebook:
    """Read a codebook and check it.

    Parameters
    ----------
    path : a CSV file with one row a variable and the columns name, label, question, phase (1-4, several
        joined by ';', or blank), type (identifier, binary, category, ordered, count, number, date), levels
        ('code=label; ...', or 'low..high' for count, number and date; 'line' for an identifier of which the file has
        no column, each row being a person: its lines are taken), missing ('code=label; ...'; 'blank=label'
        where an empty cell means missing), reference (a code), sensitive (yes or no), source_line. A number may have
        decimals where its range is written with them (0.0..9.5) or left blank. By default the codebook of the run, or
        data/codebook.csv.

    Returns
    -------
    Codebook

    Raises
    ------
    InputError
        with every fault, each with its line and column.

    Examples
    --------
    >>> load_codebook()["sex"].levels
    {'female': 'Female', 'male': 'Male'}
    """
    run = runs.active()
    table = read_own(path or (run and run.codebook) or paths.data("codebook.csv"), COLUMNS)
    problems: list[Problem] = []
    texts = table.frame.to_dict("records")
    variables = [_variable(table, row, text, problems) for row, text in enumerate(texts)]
    seen: dict[str, int] = {}
    for row, name in table.cells("name"):
        if name in seen:
            what = f"{name!r} is described on line {seen[name]} already"
            problems.append(table.problem(row, "name", what, "keep one of the two rows"))
        seen.setdefault(name, table.lines[row])
    if problems:
        raise InputError(problems)
    return Codebook(variables, table.frame)


def _variable(table: OwnTable, row: int, text: dict[str, str], problems: list[Problem]) -> Variable:
    def fault(column: str, message: str, remedy: str | None = None) -> None:
        problems.append(table.problem(row, column, message, remedy))

    def labels(column: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in filter(None, map(str.strip, re.split("[;\n]", text[column]))):
            code, equals, label = map(str.strip, part.partition("="))
            if text["type"] in (*CODED, *MEASURED):  # in the form in which entries are compared
                code = code if text["type"] in CODED else code.replace("−", "-")
                code = re.sub(r"\A(-?[0-9]+)\.0+\Z", r"\1", code)
            code = code.lower() if column == "missing" and code.lower() == "blank" else code
            if not (code and equals and label):
                fault(column, f"{part!r} is not of the form code=label", PAIRS)
            elif re.fullmatch(SEVERAL, part):
                fault(column, f"{part!r} holds several codes, with commas between them", PAIRS)
            elif code in found:
                fault(column, f"the code {code!r} appears twice", PAIRS)
            found[code] = label
        return found

    if not re.fullmatch(r"[A-Za-z]\w*", text["name"]):
        fault("name", f"{text['name']!r} is no name", "use letters, digits and _, beginning with a letter")
    if not text["label"]:
        fault("label", "the label is blank", "say in words what the variable is")
    if not re.fullmatch(r"([1-4](;[1-4])*)?", text["phase"]):
        fault("phase", f"{text['phase']!r} is no phase", "write 1 to 4, several joined by ';', or leave it blank")
    if text["type"] not in TYPES:
        fault("type", *not_one_of(text["type"], list(TYPES)))
    if text["sensitive"] not in ("yes", "no"):
        fault("sensitive", *not_one_of(text["sensitive"], ["yes", "no"]))
    levels, low, high, whole = {}, None, None, True
    if text["type"] in CODED:
        levels = labels("levels")
        if not levels:
            fault("levels", "levels are needed", PAIRS)
        for label in (label for label, times in Counter(levels.values()).items() if label and times > 1):
            fault("levels", f"the label {label!r} stands for several codes", "give each code a label of its own")
        if text["type"] == "binary" and levels and set(levels) != {"0", "1"}:
            fault("levels", "a binary variable has the codes 0 and 1", "recode it, or call it a category")
    elif text["type"] in MEASURED and text["levels"]:
        found = re.fullmatch(rf"({NUMBER})\.\.({NUMBER})", text["levels"])
        whole = not found or "." not in found[1] + found[2]
        if not found or float(found[1]) > float(found[2]):
            fault("levels", f"{text['levels']!r} is no range", "write the smallest and the largest value: 0..57")
        elif text["type"] == "count" and not whole:
            fault("levels", "a count has no decimals", "write the range without them, or call it a number")
        else:
            low, high = (int(bound) if whole else float(bound) for bound in found.groups())
    elif text["type"] == "number":
        whole = False
    elif text["type"] == "date" and text["levels"]:
        found = re.fullmatch(rf"({DATE})\.\.({DATE})", text["levels"])
        low, high = (first_day(bound) for bound in found.groups()) if found else (None, None)
        if low is None or high is None or low > high:
            remedy = "write the first and the last day: 2017-01-01..2019-12-31"
            fault("levels", f"{text['levels']!r} is no range of dates", remedy)
            low = high = None
    missing = labels("missing")
    for code in missing:
        if code in levels or (low is not None and _within(code, low, high)):
            fault("missing", f"{code!r} is a value as well as a code of missing", "take it out of one of the two")
    if text["type"] in CODED and text["reference"] and text["reference"] not in levels:
        what, remedy = not_one_of(text["reference"], list(levels))
        code = next((code for code, label in levels.items() if label.casefold() == text["reference"].casefold()), None)
        fault("reference", what, f"write its code: {code}" if code else remedy)
    as_written = {name: text[name] for name in ("name", "label", "question", "phase", "type", "source_line")}
    return Variable(
        **as_written,
        levels=levels,
        low=low,
        high=high,
        missing=missing,
        reference=text["reference"] or None,
        sensitive=text["sensitive"] == "yes",
        whole=whole,
        numbered=text["type"] == "identifier" and text["levels"].lower() == "line",
    )


def _within(code: str, low: Any, high: Any) -> bool:
    """Whether a code of missing is a value that the range allows, of numbers or of dates."""
    if isinstance(low, date):
        day = first_day(code)
        return day is not None and low <= day <= high
    return bool(re.fullmatch(NUMBER, code)) and low <= float(code) <= high


def first_day(text: str) -> date | None:
    """The day of a date in the form of ISO, of a period its first; None for any other text.

    >>> [str(first_day(text)) for text in ("2019-03-31", "2019-Q2", "2019-W01", "2019w2", "2019-02-30")]
    ['2019-03-31', '2019-04-01', '2018-12-31', '2019-01-08', 'None']
    """
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?|-([QHW])([0-9]{1,2})|(w)([0-9]{1,2}))", text)
    if not found:
        return None
    year, month, day, kind, part, week, turn = found.groups()
    try:
        if month:
            return date(int(year), int(month), int(day or 1))
        if kind == "W":
            return date.fromisocalendar(int(year), int(part), 1)
        if week:
            return date(int(year), 1, 1) + timedelta(7 * (int(turn) - 1))
        return date(int(year), (int(part) - 1) * {"Q": 3, "H": 6}[kind] + 1, 1)
    except ValueError:
        return None
