"""Disclosure control: the limits within which numbers are shown, and the local secret that rounds and perturbs them.

`protection` decides which variables may reach a report, `models` what may be fitted to them.

Two reports whose files differ by few persons, or hold something else of the same, tell of those: each carries noise of
its own, and together less. So the persons of each report under disclosure control are remembered beside the secret, as
digests that nobody can make or read without it, and whoever makes another from nearly the same files is warned.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import paths, runs
from keepsafe.problems import InputError

WHY = "not within the rules of disclosure control"  # one reason for all: of two factors 'a small cell' says 1 to 9
OFF = "off"
LOG = "disclosure.jsonl"
LEAST = 5  # below this a threshold leaves little to guess
FORM = r"\s*threshold\s*=\s*([0-9]{1,4})\s*,\s*round\s*=\s*([0-9]{1,4})\s*(?:,\s*whole\s*=\s*(withheld|shown)\s*)?"
VARIABLE = "KEEPSAFE_DISCLOSURE_KEY"
NAME = ".disclosure-key"  # in the compendium's top folder; git ignores it, and no report names or holds it
REPORTS = f"{NAME}-reports"  # beside it: a line a report, two digests a person: who it is, what is recorded
REMEMBERED = 12  # reports
DIGEST = 8  # bytes
SHORTEST = 16  # characters of a secret that is given


class Withheld(InputError):
    """What was asked for rests on few persons, and is not computed under disclosure control."""


@dataclass(frozen=True)
class Limits:
    """What may be shown: of cells with fewer persons than `threshold` (2 or more) only that they are empty; counts as
    multiples of `base` (1: as they are); and, if `whole`, that everybody in a group has, or lacks, an attribute.

    Source: a threshold of 10 and rounding to 5 are common for social-care statistics in the United Kingdom; there is
    no single national number, so both are a team's to choose. On group disclosure (100%, 0%) Hundepool et al. (2012),
    Statistical Disclosure Control; on random rounding Fellegi (1975), on keys of cells Fraser and Wooton (2005).

    >>> limits = Limits.parse("threshold=10,round=5")
    >>> limits.small([0, 12, 30]), limits.small([0, 9, 30])
    (False, True)
    >>> limits.rounded(54) in (50, 55), limits.rounded(55)
    (True, 55)
    """

    threshold: int = 10
    base: int = 5
    whole: bool = False

    @classmethod
    def parse(cls, text: str) -> "Limits | None":
        """Limits from text such as 'threshold=10,round=5' or 'threshold=10,round=5,whole=shown'; None for 'off'."""
        if text.strip() == OFF:
            return None
        found = re.fullmatch(FORM, text)
        if not found or int(found[1]) < 2 or not 1 <= int(found[2]) <= int(found[1]):
            remedy = "write threshold=10,round=5 (a threshold from 2; a base from 1 to the threshold), or off"
            raise InputError.of(f"{text!r} are no rules of disclosure control", column="disclosure", remedy=remedy)
        return cls(int(found[1]), int(found[2]), found[3] == "shown")

    @classmethod
    def asked(cls, rules: str | None, synthetic: bool) -> str:
        """The rules that hold, as text: those asked for; else none for synthetic files, and the usual for others."""
        if synthetic and not rules:
            return ""
        limits = cls.parse(rules) if rules else cls()
        for weakness in limits.weaknesses() if limits else ():
            warnings.warn(f"disclosure control is weak: {weakness}", stacklevel=2)
        return str(limits or "")

    def weaknesses(self) -> list[str]:
        """What is weak about the limits, in words."""
        said = {
            f"with threshold={self.threshold} a cell may show {self.threshold} persons": self.threshold < LEAST,
            "with round=1 differences between counts are exact": self.base == 1,
            "with whole=shown a reader learns what everybody in a group has": self.whole,
        }
        return [weakness for weakness, holds in said.items() if holds]

    def __str__(self) -> str:
        return f"threshold={self.threshold},round={self.base}" + ",whole=shown" * self.whole

    def small(self, counts: Iterable[int]) -> bool:
        """Whether any of the counts is of few persons, but not of none."""
        counts = np.asarray(list(counts) if not isinstance(counts, np.ndarray) else counts)
        return bool(((counts > 0) & (counts < self.threshold)).any())

    def rounded(self, count, cells=None):
        """A count, or an array of them, to the multiple of the base below or above, right on average.

        Which of the two it is hangs on a draw by the local secret, all that the case files hold, and who is counted
        (`cells`: the sum of the `marks` of these persons, or nothing where only a number is known). So the same
        persons give the same number wherever they are counted in a report, and to ask again averages nothing away;
        with one person less in the files every count is drawn anew, and none tells where that person was.
        """
        counts = np.asarray(count, np.int64)
        sums, file = np.broadcast_to(0 if cells is None else cells, counts.shape), content()
        everybody = file.partition(b" ")[2]  # is one cell, whoever counts it
        drawn = [
            number % self.base and self._drawn(number, b"" if b"%d" % number == everybody else b"%d" % which, file)
            for number, which in zip(counts.ravel().tolist(), sums.ravel().tolist(), strict=True)
        ]
        made = (counts + np.array(drawn, np.int64).reshape(counts.shape)) // self.base * self.base
        return int(made) if made.ndim == 0 else made

    def _drawn(self, number: int, which: bytes, file: bytes) -> int:
        return int.from_bytes(keyed(b"round", file, b"%d" % number, which)[:8], "little") % self.base


def marks(index: pd.Index) -> np.ndarray:
    """A number a person, of 64 bits, whose sum over some persons (modulo 2^64) stands for these and no others."""
    return pd.util.hash_pandas_object(pd.Index(index)).to_numpy(np.uint64)


def coarse(numbers, digits: int = 3):
    """Numbers with few significant digits: from many digits of a mean, the persons behind it can be worked out.

    >>> coarse(653 / 166), coarse(0.0), coarse(np.array([1570 / 378, 14.26])).tolist()
    (3.93, 0.0, [4.15, 14.3])
    """
    given = np.asarray(numbers, float)
    flat = [float(f"{number:.{digits}g}") for number in given.ravel().tolist()]
    return flat[0] if given.ndim == 0 else np.array(flat).reshape(given.shape)


def active() -> Limits | None:
    """The limits of the run that is under way; None where nothing is to be withheld."""
    rules = runs.rules()
    return Limits.parse(rules) if rules else None


def shielded(number, name: str):
    """A number as it may be shown, where nobody has vouched that it rests on protected counts.

    Whole numbers are taken for counts of persons: small ones are withheld, nought too, for a blank that is not nought
    would say one to nine. Fractions are withheld. Text and missing numbers stay as they are.
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


def secret() -> bytes:
    """The secret of this compendium: KEEPSAFE_DISCLOSURE_KEY where it is set, else a file that is made at first use."""
    if given := os.environ.get(VARIABLE):
        if len(given) < SHORTEST:
            raise InputError.of(f"{VARIABLE} is too short", remedy=f"give {SHORTEST} characters or more, at random")
        return given.encode()
    path = paths.root() / NAME
    try:
        if not path.exists():
            _make(path)
        return _kept(path)
    except OSError as error:
        remedy = f"make the folder writable once, or set {VARIABLE} to {SHORTEST} characters or more, at random"
        what = f"the key of disclosure control cannot be kept: {error.strerror}"
        raise InputError.of(what, file=NAME, remedy=remedy) from None


def keyed(*parts: bytes) -> bytes:
    """A digest of parts of any length that nobody can make, or compare with a guess, without the secret (HMAC)."""
    digest = hmac.new(secret(), digestmod=hashlib.sha256)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


def note_content(extract: pd.DataFrame, persons: int) -> None:
    """Note what the case files under way hold, in whatever order, as a digest, and how many persons: all noise and
    rounding hang on it. What was read first in a run stays.
    """
    text = extract.sort_index(axis=1).astype("str").fillna("")
    rows = np.sort(pd.util.hash_pandas_object(text, index=False).to_numpy())
    runs.note_content(f"{keyed(b'content', ' '.join(map(str, text)).encode(), rows.tobytes()).hex()} {persons}")


def content() -> bytes:
    """What was noted of the case files under way; nothing where none were read."""
    return runs.content().encode()


def digests(cohort: pd.DataFrame, person: str) -> str:
    """The persons of a cohort, and the files that they come from, in one line, for `near`."""
    entries = cohort.astype("str").fillna("")
    rows = zip(entries[person], entries.sort_index(axis=1).itertuples(index=False), strict=True)
    pairs = ((keyed(b"who", who.encode()), keyed(b"what", *(entry.encode() for entry in row))) for who, row in rows)
    told = sorted(who[:DIGEST].hex() + what[:DIGEST].hex() for who, what in pairs)
    return " ".join([f"files={content().decode()[: 2 * DIGEST]}", *told])


def near(persons: str, threshold: int) -> bool:
    """Whether an earlier report from other files has all of these persons but few, or all that is recorded but that of
    few; the persons are remembered from now on.
    """
    path = paths.root() / REPORTS
    before = path.read_text(encoding="ascii").splitlines() if path.is_file() else []
    lines = [*(line for line in before if line != persons), persons][-REMEMBERED:]
    with suppress(OSError):  # a folder that nobody may write to remembers nothing
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        beside.replace(path)
    others = (line.split() for line in before if line != persons)
    return any(apart < threshold for other in others for apart in _apart(persons.split(), other))


def _apart(one: Iterable[str], other: Iterable[str]) -> tuple[int, int]:
    """How many persons are in one alone, and how many are, or are recorded otherwise."""
    one, other = ({pair for pair in pairs if "=" not in pair} for pairs in (one, other))
    who = [{pair[: 2 * DIGEST] for pair in pairs} for pairs in (one, other)]
    changed = {pair[: 2 * DIGEST] for pair in set(one) ^ set(other)}
    return len(who[0] ^ who[1]), len(changed)


def _kept(path: Path) -> bytes:
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if len(text) < SHORTEST:
        raise InputError.of("is no key of disclosure control", file=NAME, remedy="delete it: a new one is made")
    return text.encode()


def _make(path: Path) -> None:
    """Write the key whole, for its owner alone; of several processes that begin together the first one's stays."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    try:
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink()
