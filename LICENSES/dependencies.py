"""Write dependencies.csv: each package of requirements.lock, its version, its licence as the package itself states it.

    python LICENSES/dependencies.py [WHEEL ...]

Packages for other systems or Pythons are not installed here: their rows stay while their version does, and are else
read from wheels that are named (pip download --no-deps --only-binary=:all: --platform ... NAME==VERSION).
"""

import csv
import re
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
LISTED = ROOT / "LICENSES" / "dependencies.csv"
UNKNOWN = "unknown"


def locked(lock: str) -> list[tuple[str, str]]:
    """Name and version of every package of a lock."""
    return re.findall(r"^([a-z0-9][a-z0-9.-]*)(?:\[.*?\])?==([^\s;\\]+)", lock, flags=re.M)


def licence(package: Distribution) -> str:
    """What a package states: SPDX expression, else a line of its own, else its classifier, else its licence's title."""
    about = package.metadata
    line = (about.get("License") or "").strip()
    if "\n" in line or len(line) > 60 or line == "UNKNOWN":
        line = ""
    classified = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier", []) if each.startswith("License")]
    titles = [(package.read_text(f"licenses/{name}") or "").strip() for name in about.get_all("License-File", [])]
    found = [about.get("License-Expression"), line, " and ".join(classified), *(text.split("\n")[0] for text in titles)]
    return next(filter(None, found), UNKNOWN)


def listed() -> dict[tuple[str, str], str]:
    """The licences that the list has, by name and version."""
    if not LISTED.is_file():
        return {}
    with LISTED.open(encoding="utf-8", newline="") as file:
        return {(row["name"], row["version"]): row["licence"] for row in csv.DictReader(file)}


def found(packages: Iterable[Distribution]) -> dict[tuple[str, str], str]:
    """Licences by the name that a lock has for a package, and its version."""
    return {(re.sub(r"[-_.]+", "-", each.name).lower(), each.version): licence(each) for each in packages}


def main() -> None:
    """Write the list anew."""
    known = listed() | found(distributions(path=[*sys.path, *sys.argv[1:]]))
    rows = [(*pin, known.get(pin, UNKNOWN)) for pin in locked((ROOT / "requirements.lock").read_text(encoding="utf-8"))]
    with LISTED.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("name", "version", "licence"), *rows])
    print(*(f"{name} {version}: unknown" for name, version, stated in rows if stated == UNKNOWN), sep="\n", end="")


if __name__ == "__main__":
    main()
