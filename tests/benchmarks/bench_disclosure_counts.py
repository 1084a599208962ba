"""What attackers make of rounded counts, of one report and of two with one person between them, and what it costs.

Each made-up file has two groups and thirty 0/1 variables, or ten with four levels. A row a way and size, in
disclosure_counts.csv; the ways are keyed (as keepsafe rounds) and nearest (to the nearest multiple of five, as it did
before). Who attacks takes all counts for as likely, or (known) has all exact counts of the first report and wants to
know who left:

- sure: share of a removed person's attributes of which the attacker is 95% sure from the tables of both reports, and
  right; wrong: 95% sure, and wrong; guessed: share that is right if the likelier is taken, of which a coin gets half;
- group: share of removed persons of whose group the attacker is 95% sure, and right; known, known_group: the same of
  who has the exact counts;
- error: how far the attacker errs on the size of a group, in persons, in the median, from the sums over the levels of
  ten variables of one report; exactly: share in which the attacker is 95% sure of one number, and right;
- points: by how many percentage points the share of a group is off, in the median; far: in one case of twenty.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from bench_disclosure import keep  # noqa: E402
from measure import row, run, taken  # noqa: E402

from keepsafe.files.disclosure import (
    VARIABLE,  # noqa: E402
    Limits,  # noqa: E402
)
from tests.files.disclosure import attacker  # noqa: E402
from tests.files.disclosure.made_up import counts, many  # noqa: E402

SIZES, FILES, REMOVED = (205, 600, 2_000, 20_000), 6, 3
KEYED = Limits.rounded


def nearest(self: Limits, count, cells=None):
    """As counts were rounded before: in both reports alike."""
    made = (np.asarray(count, np.int64) + self.base // 2) // self.base * self.base
    return int(made) if made.ndim == 0 else made


def shown(persons: pd.DataFrame, exact: bool = False) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        return counts(persons, Path(folder), exact)


def two_reports(persons: pd.DataFrame, gone: int, way: str) -> dict[str, list]:
    """What the attacker gets from reports with a person and without."""
    before, after, exact = shown(persons), shown(persons.drop(index=gone)), shown(persons, exact=True)
    both = before.index.intersection(after.index)
    truth = pd.concat([persons.loc[gone].drop("group") == 1, pd.Series({"0": False, "1": False})])
    truth[str(persons.at[gone, "group"])] = True
    told = {}
    for who, known in (("", None), ("known", exact.loc[both])):
        chance = attacker.gone(before.loc[both], after.loc[both], 5, known, way == "nearest")["chance"]
        right = (chance > 0.5) == truth.reindex(chance.index).astype(bool)
        certain = (chance - 0.5).abs() > 0.45
        names = [name for name in both if name]
        told[f"{who}_sure" if who else "sure"] = (certain & right)[names].tolist()
        told[f"{who}_wrong" if who else "wrong"] = (certain & ~right)[names].tolist()
        told[f"{who}_guessed" if who else "guessed"] = right[names].tolist()
        told[f"{who}_group" if who else "group"] = [bool((certain & right)["0"])]
    return told


def one_report(persons: pd.DataFrame, way: str) -> dict[str, list]:
    """The size of the second group from the sums over levels, each an estimate of its own."""
    seen = shown(persons)["1"]
    sums = seen[seen.index != ""].groupby([name.split("=")[0] for name in seen.index if name]).agg(["sum", "size"])
    whole = sums[sums["size"] == 4]["sum"].to_numpy(float)  # of others a level is withheld
    truth = int(persons["group"].sum())
    if not len(whole):
        return {"size": [], "exactly": []}
    variance = 4 * (4.0 if way == "keyed" else 2.0)
    sizes = np.arange(seen[""] - 4, seen[""] + 5) if way == "keyed" else np.arange(seen[""] - 2, seen[""] + 3)
    likely = np.exp(
        -((whole[:, None] - sizes) ** 2).sum(axis=0) / 2 / variance
        + 0.5 * (whole - whole.mean()).var() * len(whole) / variance
    )
    likely *= np.maximum(0, 1 - np.abs(sizes - seen[""]) / 5) if way == "keyed" else 1
    likely /= likely.sum()
    best = int(sizes[likely.argmax()])
    return {"size": [abs(best - truth)], "exactly": [bool(likely.max() > 0.95 and best == truth)]}


def price(persons: pd.DataFrame) -> list[float]:
    """By how many points the shares of the smaller group are off."""
    told, exact = shown(persons), shown(persons, exact=True).astype(float)
    names = [name for name in told.index if name]
    return (
        (100 * told.loc[names, "1"] / told.at["", "1"] - 100 * exact.loc[names, "1"] / exact.at["", "1"]).abs().tolist()
    )


def compare(sizes: tuple[int, ...], files: int) -> Iterator[dict]:
    """A row a way and size, of disclosure_counts.csv."""
    for way, rule in (("keyed", KEYED), ("nearest", nearest)):
        Limits.rounded = rule
        for n in sizes:
            told, off = {}, []
            for number in range(files):
                rng = np.random.default_rng([n, number])
                os.environ[VARIABLE] = f"key of a benchmark, number {number}"
                persons, levels = many(rng, n, 30), many(rng, n, 10, levels=4)
                for found in (
                    *(two_reports(persons, int(rng.integers(n)), way) for _ in range(REMOVED)),
                    one_report(levels, way),
                ):
                    for name, each in found.items():
                        told.setdefault(name, []).extend(each)
                off += price(persons)
            share = {name: round(float(np.mean(each)), 3) if each else None for name, each in told.items()}
            share["size"] = float(np.median(told["size"])) if told["size"] else None
            points = {"points": round(float(np.median(off)), 2), "far": round(float(np.quantile(off, 0.95)), 2)}
            yield (
                {"way": way, "size": n, "files": files}
                | {f"{'error' if k == 'size' else k}": v for k, v in share.items()}
                | points
            )
    Limits.rounded = KEYED


def rows(quick: bool) -> Iterator[dict]:
    """The comparison, written beside the table of all benchmarks; and what rounding costs in time."""
    keep(pd.DataFrame(compare(SIZES[:1] if quick else SIZES, 2 if quick else FILES)), "disclosure_counts")
    persons = many(np.random.default_rng(1), SIZES[0] if quick else SIZES[-1], 30)
    plain = taken(lambda: shown(persons, exact=True))
    yield row(
        "a table of 30 variables under disclosure control",
        len(persons),
        "persons",
        "the same without",
        plain["seconds"],
        **taken(lambda: shown(persons)),
    )


if __name__ == "__main__":
    run("disclosure_counts", rows)
