"""A finished report put in its place whole, or not at all."""

import shutil
import tempfile
from pathlib import Path

from keepsafe.problems import InputError

MANIFEST = "manifest.json"
LAST = "report.html"


def check_place(out: Path) -> bool:
    """Make the place of a report, or refuse one that cannot take it, before any work is done.

    Returns
    -------
    Whether the folder had to be made.

    Raises
    ------
    InputError where it is a file, cannot be written, or holds folders that a report would replace but that no
    former report made.
    """
    ours = (out / MANIFEST).is_file()
    taken = [] if ours else [name for name in ("notebooks", "tables", "figures") if (out / name).exists()]
    if taken:
        raise InputError.of(
            f"the folder holds {' and '.join(taken)}, which no former report made",
            file=str(out),
            remedy="choose another folder with --out",
        )
    there = out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise InputError.of(f"no report can be written here: {error.strerror}", file=str(out)) from None
    return not there


def publish(staged: Path, out: Path) -> None:
    """Move the staged entries into `out`, report.html last; on any failure put the former ones back.

    Parameters
    ----------
    staged : folder with the new entries, on the same file system as `out`.
    out : the folder of reports; what the stage does not name is left alone.
    """
    entries = sorted((entry.name for entry in staged.iterdir()), key=lambda name: (name == LAST, name))
    former = Path(tempfile.mkdtemp(prefix=".former-", dir=out))
    try:
        for name in entries:
            if (out / name).exists():
                (out / name).replace(former / name)
            (staged / name).replace(out / name)
    except BaseException:
        for name in reversed(entries):
            if (former / name).exists():
                if (out / name).exists():
                    (out / name).replace(staged / name)
                (former / name).replace(out / name)
            elif not (staged / name).exists():
                (out / name).replace(staged / name)
        raise
    finally:
        shutil.rmtree(former, ignore_errors=True)
