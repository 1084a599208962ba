"""What to ask of whoever drafts a codebook: a few questions, each answered in the draft itself."""

import re
from collections.abc import Mapping

import pandas as pd

from keepsafe.files.drafting import guess

MOST, LEAST, NAMED = 7, 3, 8  # questions, and columns that one names
# a remark, and the question that it raises; what may change most comes first
ASKED = [
    (r"(?P<codes>.+) taken for missing",
     "Does {codes} stand for missing in {names}? If not, delete it under missing, and widen the range under levels."),
    (r"[0-9].* withheld: add (it|them) by hand",
     "Which levels that fewer than ten cases have belong to {names}? Add them under levels, as code=label."),
    (re.escape(guess.DAY_OR_MONTH),
     "Does the day come before the month in {names}? If not, write identifier under type, and mend the file's dates."),
    (r".*a count, or codes of a category\?",
     "Are the numbers in {names} codes of a category? Then write category under type, and code=label under levels."),
    (re.escape(guess.TWO_CODES), "What do the two codes in {names} mean? Write it under levels, as code=label."),
    (r"a code without a label in the file.*",
     "Does a code that the file leaves without a label belong to {names}? If it does, add it under levels."),
    (r"no level is left.*",
     "Are the entries of {names} categories? Then write category under type, and code=label under levels."),
    (re.escape(guess.AMONG) + "|" + re.escape(guess.AMONG_DATES),
     "What do the words among the values of {names} mean? Name them under missing, as word=label, or mend the file."),
    (re.escape(guess.HARDLY) + ".*",
     "Do the numbers in {names} name persons or files? If they are to be described, write count or number under type."),
    (re.escape(guess.ZERO_ONE), "Do 0 and 1 mean no and yes in {names}? If not, write what they mean under levels."),
    (re.escape(guess.TEXT), "Are the texts in {names} needed? If not, delete them from the file, and their rows here."),
]  # fmt: skip
ALWAYS = [
    "Which entries may no message repeat? Write yes under sensitive in their rows.",
    "Is what stands under label what a reader should read? Write it in words.",
    "With which level are the others compared? Write its code under reference.",
]


def questions(remarks: Mapping[str, list[str]], frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The three to seven questions that matter most, and the remarks about which nothing is asked, in words.

    Parameters
    ----------
    remarks : with the columns that each is about.
    frame : the draft.

    Returns
    -------
    two lists of str

    Examples
    --------
    >>> asked, rest = questions({"-9 taken for missing": ["age"], "its times are read as hours": ["stay"]}, None)
    >>> print(asked[0])
    Does -9 stand for missing in age? If not, delete it under missing, and widen the range under levels.
    >>> len(asked), rest
    (4, ['its times are read as hours (stay)'])
    """
    asked, kept = [], MOST - 1  # the first of those that are always asked has its place
    left = dict(remarks)
    for form, question in ASKED:
        names, codes = [], []
        for remark in [remark for remark in left if re.fullmatch(form, remark)]:
            if len(asked) == kept:
                break
            codes += re.fullmatch(form, remark).groupdict().get("codes", "").split(", ")
            names += left.pop(remark)
        if names:
            which = " or ".join(dict.fromkeys(codes))
            asked.append(question.format(names=_listed(names), codes=which))
    asked += ALWAYS[: max(1, LEAST - len(asked))] if len(asked) != 1 else ALWAYS
    return asked, [f"{remark} ({', '.join(names)})" for remark, names in left.items()]


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
