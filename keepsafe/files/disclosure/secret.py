"""The local secret from which noise and checksums are made, and what it remembers of the reports made with it.

Two reports whose files differ by few persons, or hold something else of the same, tell of those: each carries noise of
its own, and together less. So the persons of each report under disclosure control are remembered beside the secret, as
digests that nobody can make or read without it, and whoever makes another from nearly the same files is warned.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from keepsafe import paths, runs
from keepsafe.problems import InputError

VARIABLE = "KEEPSAFE_DISCLOSURE_KEY"
NAME = ".disclosure-key"  # in the compendium's top folder; git ignores it, and no report names or holds it
REPORTS = f"{NAME}-reports"  # beside it: a line a report, two digests a person: who it is, what is recorded
REMEMBERED = 12  # reports
DIGEST = 8  # bytes
SHORTEST = 16  # characters of a secret that is given


def secret() -> bytes:
    """The secret of this compendium: KEEPSAFE_DISCLOSURE_KEY where it is set, else a file that is made at first use."""
    if given := os.environ.get(VARIABLE):
        if len(given) < SHORTEST:
            raise InputError.of(f"{VARIABLE} is too short", remedy=f"give {SHORTEST} characters or more, at random")
        return given.encode()
    path = paths.root() / NAME
    try:
        with suppress(FileNotFoundError):
            return _kept(path)
        _make(path)
        return _kept(path)
    except OSError as error:
        remedy = f"make the folder writable once, or set {VARIABLE} to {SHORTEST} characters or more, at random"
        raise InputError.of(
            f"the key of disclosure control cannot be kept: {error.strerror}", file=NAME, remedy=remedy
        ) from None


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
    """The persons of a cohort in one line, for `near`."""
    content = cohort.astype("str").fillna("")
    rows = zip(content[person], content.sort_index(axis=1).itertuples(index=False), strict=True)
    pairs = ((keyed(b"who", who.encode()), keyed(b"what", *(entry.encode() for entry in row))) for who, row in rows)
    return " ".join(sorted(who[:DIGEST].hex() + what[:DIGEST].hex() for who, what in pairs))


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
