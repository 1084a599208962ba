"""Numbers that prose states, which only a named value may do: in digits, and in words such as 'one in four'."""

import re
from collections.abc import Iterable

import pandas as pd
from nbformat import NotebookNode

from keepsafe import paths
from keepsafe.reading import read_own
from keepsafe.telling import VALUES

COLUMNS = ("phrase", "reason")

# What holds a digit and states nothing. Each is blanked before numbers are looked for.
NO_STATEMENT = re.compile(
    r"`[^`]*`"  # code
    r"|\]\([^)]*\)|</?[a-z][^>]*>"  # where a link goes, markup
    r"|\{[^}]*\}"  # a named value's place in a sentence
    r"|\bL\d+(?:-\d+)?\b"  # lines of the source
    r"|\b(?:19|20)\d\d\b"  # years
    r"|\b(?:tables?|figures?|chapters?|phases?|items?)\s\d+(?:\.\d+)?(?:(?:,|-|\sto|\sand)\s?\d+(?:\.\d+)?)*"
    r"|\b[A-Za-z]+\d+\b|\b\d+x\d+\b"  # names: AC1, R2, a 2x2 table
    r"|^\d+\.(?=\s|$)",  # the number of a list's item
    re.IGNORECASE,
)
LINE = re.compile(r"\bL\d+")
QUOTED = re.compile(r"(?<!\*)\*[^*]+\*|(?<!\w)'[^']+'(?!\w)|‘[^’]+’|“[^”]+”|\"[^\"]+\"")
UNITS = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
TENS = "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million zero"
PARTS = "half halves thirds? quarters? fifths? sixths? eighths? tenths? twice thrice doubled? tripled? dozens?"
# 'One' is mostly a pronoun; it counts as a number where it stands before what is counted, or after 'only'.
ONE = (
    r"(?:only|just|exactly|almost|about|nearly|over|under) one"
    r"|one(?= (?:in|of|out|third|half|quarter|young|person|case|file|female|male|girl|boy|woman|man)\b)"
)
SINGLE = rf"(?:(?<![\w.])\.?\d+(?:[.,]\d+)*%?|\b(?:{'|'.join(f'{UNITS} {TENS} {PARTS}'.split())}|{ONE})\b)"
NUMBER = re.compile(rf"{SINGLE}(?:(?: in | out of | or | and (?:a )?|[ -]){SINGLE})*", re.IGNORECASE)
PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.)\s)")
SENTENCE = re.compile(r"(?<=[.!?])[*')]*\s+")


def stated_numbers(markdown: str, allowed: Iterable[str] = ()) -> list[str]:
    """The numbers that a piece of Markdown states itself, each with the words around it.

    Not counted: years, lines of the source (L249), numbers of tables, figures, chapters, phases and list items,
    names such as AC1, code, addresses of links, places of named values ({n}); and what a sentence quotes, in italics
    or quotation marks, with the line it was printed on.

    Parameters
    ----------
    markdown : text as authors write it.
    allowed : phrases that hold a number and state no result.

    Examples
    --------
    >>> stated_numbers("In phase 1 (L72) there were 54 young people. They were *almost seven times* as likely.")
    ['(L72) there were 54 young people.', 'They were *almost seven times* as likely.']
    >>> stated_numbers("The report says *almost seven times* (L249), with two readings.", ["two readings"])
    []
    """
    phrases = [re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE) for phrase in allowed]
    found = []
    for paragraph in PARAGRAPH.split(markdown):
        for sentence in SENTENCE.split(" ".join(paragraph.replace("**", "").split())):
            patterns = [*phrases, *([QUOTED] if LINE.search(sentence) else []), NO_STATEMENT]
            bare = sentence
            for pattern in patterns:
                bare = pattern.sub(lambda hit: " " * len(hit[0]), bare)
            found += [_around(sentence, *hit.span()) for hit in NUMBER.finditer(bare)]
    return found


def stated_in(notebook: NotebookNode, allowed: Iterable[str] = ()) -> pd.DataFrame:
    """The numbers that a notebook's prose states: its Markdown, and the sentences which its code cells show.

    Parameters
    ----------
    notebook : as nbformat reads it; sentences are read from its outputs.
    allowed : as for `stated_numbers`.

    Returns
    -------
    A row a number: cell (id), kind (markdown, sentence), phrase.
    """
    allowed = list(allowed)
    rows = [
        (cell.id, kind, phrase)
        for cell in notebook.cells
        for kind, text in _prose(cell)
        for phrase in stated_numbers(text, allowed)
    ]
    return pd.DataFrame(rows, columns=["cell", "kind", "phrase"])


def allowed_numbers() -> list[str]:
    """The reviewed phrases of data/report/allowed_numbers.csv, each of which has a reason there."""
    sheet = read_own(paths.data("report", "allowed_numbers.csv"), COLUMNS)
    return list(sheet.frame["phrase"])


def _prose(cell: NotebookNode) -> list[tuple[str, str]]:
    if cell.cell_type == "markdown":
        return [("markdown", cell.source)]
    shown = [output.get("data", {}).get(VALUES, {}) for output in cell.get("outputs", [])]
    return [("sentence", facts["template"]) for facts in shown if facts.get("template")]


def _around(sentence: str, start: int, end: int) -> str:
    """The hit with up to three words on either side."""
    before, after = sentence[:start].split(" ")[-4:], sentence[end:].split(" ")[:4]
    return (" ".join(before) + sentence[start:end] + " ".join(after)).strip()
