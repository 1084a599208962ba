"""The local secret from which noise and checksums are made: without it nobody can make either again."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from keepsafe import paths
from keepsafe.problems import InputError

VARIABLE = "KEEPSAFE_DISCLOSURE_KEY"
NAME = ".disclosure-key"  # in the compendium's top folder; git ignores it, and no report names or holds it
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
