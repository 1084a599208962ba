"""What is wrong with an input, said so that its owner can mend it: file, line, column, remedy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """One fault of an input: what is wrong in plain words, where, and what to do about it.

    Lines count from 1 and include the header, as a text editor does; of SPSS and Stata they are the cases.

    >>> print(Problem("'femle' is not one of female, male", "files.csv", 41, "sex", "did you mean female?"))
    files.csv, line 41, column sex: 'femle' is not one of female, male; did you mean female?
    """

    message: str
    file: str | None = None
    line: int | None = None
    column: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        place = [self.file, self.line and f"{row_word(self.file)} {self.line}", self.column and f"column {self.column}"]
        where = ", ".join(part for part in place if part)
        return printable((f"{where}: " if where else "") + self.message + (f"; {self.remedy}" if self.remedy else ""))


def row_word(file: str | None) -> str:
    """What a row of a file is called: SPSS and Stata show the number of the case, an editor that of the line.

    >>> row_word("files.csv"), row_word("files.sav")
    ('line', 'case')
    """
    return "case" if (file or "").lower().endswith((".sav", ".zsav", ".dta")) else "line"


def printable(text: str) -> str:
    r"""A text of somebody else's as a terminal may show it: control characters become what one types for them.

    >>> print(printable("a\tb\x1b[31m"))
    a\tb\x1b[31m
    """
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def shortened(text: str, length: int = 60) -> str:
    """A text of at most so many characters; what is cut off leaves an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"


def listed(some: Sequence[object], most: int, count: int | None = None) -> str:
    """The first few of some things, and how many more there are; `count` is of all, where `some` are but the first.

    >>> listed(["a", "b", "c"], 2), listed([2, 3], 5, 1_200)
    ('a, b and 1 more', '2, 3 and 1,198 more')
    """
    shown = some[:most]
    more = (count or len(some)) - len(shown)
    return ", ".join(map(str, shown)) + (f" and {more:,} more" if more else "")


def not_one_of(text: str, allowed: list[str]) -> tuple[str, str | None]:
    """Message and remedy for a word that is not one of those allowed.

    >>> not_one_of("femle", ["female", "male"])
    ("'femle' is not one of female, male", 'did you mean female?')
    """
    near = get_close_matches(text, allowed, 1) if len(text) < 100 else []  # a long text takes long, and is near none
    return f"{shortened(text)!r} is not one of {', '.join(allowed)}", f"did you mean {near[0]}?" if near else None


def require_frame(**given: object) -> None:
    """Refuse what is no data frame of pandas, each by the name of its argument."""
    problems = [
        Problem(
            f"a data frame is needed, not {type(frame).__name__}",
            column=name,
            remedy="make it one with .to_frame()" if hasattr(frame, "to_frame") else "read it with pandas first",
        )
        for name, frame in given.items()
        if not (hasattr(frame, "columns") and hasattr(frame, "iloc"))
    ]
    if problems:
        raise InputError(problems)


class InputError(ValueError):
    """An input that cannot be used, with every fault that was found in it.

    Parameters
    ----------
    problems : the faults, in the order in which a reader would mend them.
    """

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self):
        """A copy from its problems, so that it comes back whole from another process."""
        return InputError, (self.problems,)

    @classmethod
    def of(cls, message: str, **place) -> "InputError":
        """An error with a single fault; `place` takes the fields of `Problem`."""
        return cls([Problem(message, **place)])
