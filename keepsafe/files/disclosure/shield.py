"""Single numbers under disclosure control: small counts withheld, others rounded, and a log of what was withheld."""

import json
from pathlib import Path

from keepsafe import runs
from keepsafe.files.disclosure.limits import active

LOG = "disclosure.jsonl"


def shielded(number, name: str):
    """A number as it may be shown, where nobody has vouched that it rests on protected counts.

    Parameters
    ----------
    number : whole numbers are taken for counts of persons: small ones are withheld, nought too, for a blank that is
        not nought would say one to nine; others are rounded. Fractions are withheld. Text and missing numbers stay as
        they are.
    name : of the number, for the log.

    Returns
    -------
    The number, rounded, or None; outside disclosure control the number itself.
    """
    limits = active()
    if limits is None or number is None or isinstance(number, str | bool):
        return number
    if isinstance(number, int):
        if abs(number) >= limits.threshold:
            return limits.rounded(number)
        log("number", name, "few persons, or none")
    else:
        log("number", name, "not known to rest on enough persons")
    return None


def log(what: str, name: str, why: str) -> None:
    """Note that something was withheld in the run that is under way; the note holds no number."""
    run = runs.active()
    if run:
        with run.path(LOG).open("a", encoding="utf-8") as notes:
            notes.write(json.dumps({"what": what, "name": name, "why": why}) + "\n")


def withheld_notes(folder: Path) -> list[dict]:
    """The notes of a run's folder: what, name, why."""
    notes = folder / LOG
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.is_file() else []
    return [json.loads(line) for line in lines]
