"""The datasheet of synthetic files: how they were made, what they hold, and what trials say may be read of them."""

from pathlib import Path

import pandas as pd

from keepsafe.paths import data, shown
from keepsafe.problems import InputError
from keepsafe.study.definition import Study
from keepsafe.synthesis import trial_results
from keepsafe.synthesis.trial_arms import DROPPED
from keepsafe.synthesis.verdicts import CANNOT, MET, NOT_MET, OUTSIDE

PAIRS_SHOWN = 20
READ = "## What may be read from such files, and what not"
ARMS_TOLD = {"calibrated": "calibrated files", "tables": "exact on tables alone", "guess": "a guess from the tables"}
ARMS_TOLD |= {"no_association": "no association"}


def datasheet(
    study: Study,
    seed: int,
    seeds: dict[str, str],
    found: pd.DataFrame,
    pairs: pd.DataFrame,
    reached: pd.DataFrame,
    cells: dict[int, int],
    cohorts: int,
) -> str:
    """Write the datasheet."""
    counts = found.groupby(["kind", "verdict"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[MET, CANNOT, NOT_MET, OUTSIDE], fill_value=0).reset_index()
    return (
        (Path(__file__).parent / "datasheet.md")
        .read_text(encoding="utf-8")
        .format(
            **seeds,
            files=study.settings["synthesis"]["files"],
            seed=seed,
            verdicts=_table(counts),
            cannot=_table(found.loc[found["verdict"] == CANNOT, ["kind", "statement", "target", "value"]]),
            not_met=", ".join(found.loc[found["verdict"] == NOT_MET, "statement"]) or "none",
            shown=min(PAIRS_SHOWN, len(pairs)),
            pairs_found=len(pairs),
            pairs=_table(pairs.head(PAIRS_SHOWN).round(2)),
            reached=_table(reached.round(2).fillna("")),
            cohorts=cohorts,
            cells=cells,
            read=may_be_read_told(),
        )
    )


def may_be_read_told() -> str:
    """The datasheet's section on what may be read beyond the print, as the trials' results in data/trials have it."""
    found, sets = trial_results.may_be_read(), trial_results.results("sets")
    shares = trial_results.trial_conclusions().set_index(["kind", "conclusion", "arm"])["share"]
    left, made = shares[DROPPED]["direction"], found.attrs["made"]
    table = pd.DataFrame(
        {
            "what a report does not print": found["question"],
            "in": found["unit"],
            **{words: found[arm].map("{:.2f}".format).replace("nan", "–") for arm, words in ARMS_TOLD.items()},
            "range holds the truth": found["coverage"].map("{:.0%}".format),
            "of all truths": found["held"].map("{:.0%}".format),
            "nearest in": [f"{row.nearer_in} of {row.sets}" for row in found.itertuples()],
            "from such files it": found["verdict"],
        }
    )
    return (
        f"{READ}\n\n"
        f"Written from [trials](trials/README.md) on {len(sets)} public data sets of {sets['persons'].min():,} to "
        f"{sets['persons'].max():,} persons, who are known:\nfiles were made of what a report of this kind would "
        "print of them, and held against the persons. The\nmean distance from the truth, of the median of "
        f"{made} files:\n\n{_table(table)}\n\n"
        "A data set is left out of a row where no calibrated file of it came within reach, or where it has no\n"
        "quantity of the kind: the last column but one says of how many a row is. The guess has the printed\n"
        "percentages, means and SDs, and not the model; of a candidate that left the model, no association is the\n"
        "better guess in most data sets. The range leaves out a twentieth of the files at either end of\n"
        f"{made}; how often it holds the truth is on the mean of the data sets, then of all truths; it is no\n"
        "interval. For shares in subgroups, files exact on the tables alone do the same in all sets but one. The\n"
        "direction of a candidate that did not stay in the model was right\n"
        f"in {left['calibrated']:.0%} of calibrated files, and in {left['guess']:.0%} of guesses. The trials tell how "
        "the method did\non these data sets, none of them on CSE; of no figure here do they say whether it is right."
    )


def tell_trials() -> Path:
    """Write that section of data/README.md anew, and nothing else of it: the trials can change without the files."""
    path = data("README.md")
    text = path.read_text(encoding="utf-8")
    if READ not in text:
        raise InputError.of(f"has no section {READ!r}", file=shown(path), remedy="write its heading where it belongs")
    before, _, after = text.partition(READ)
    path.write_text(f"{before}{may_be_read_told()}\n\n## {after.partition(chr(10) + '## ')[2]}", encoding="utf-8")
    return path


def _table(frame: pd.DataFrame) -> str:
    """A frame as a Markdown table."""
    cells = frame.astype("str").map(lambda text: text.replace("|", " or "))
    rows = [list(frame.columns), ["---"] * frame.shape[1], *cells.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def make_trials() -> None:
    """Run all trials, write their results and what the datasheet says of them: what `make trials` does."""
    found = trial_results.run(progress=lambda done, total: print(f"{done} of {total} parts", flush=True))
    print("\n".join([*trial_results.written(found), shown(tell_trials())]))
