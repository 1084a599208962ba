"""The datasheet of synthetic files: how they were made, what they hold, and what trials say may be read of them."""

from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd

from keepsafe.paths import data, shown
from keepsafe.problems import InputError
from keepsafe.study import Study
from keepsafe.synthesis import trial_results
from keepsafe.synthesis.trials import DROPPED, KEPT, SUBGROUP
from keepsafe.synthesis.verdicts import BY_ANOTHER, CANNOT, MET, NOT_MET, OUTSIDE

PAIRS_SHOWN = 20
READ = "## What may be read from such files, and what not"
ARMS_TOLD = {"calibrated": "calibrated files", "tables": "exact on tables alone", "guess": "a guess from the tables"}
ARMS_TOLD |= {"no_association": "no association", "trees": "made from the persons"}
RARE_ENOUGH = 10  # rare combinations that a data set has, where their recovery is told


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
    counts = counts.reindex(columns=[MET, CANNOT, BY_ANOTHER, NOT_MET, OUTSIDE], fill_value=0).reset_index()
    text = (Path(__file__).parent / "datasheet.md").read_text(encoding="utf-8")
    return text.format(
        **seeds,
        files=study.settings["synthesis"]["files"],
        seed=seed,
        verdicts=_table(counts),
        cannot=_table(found.loc[found["verdict"] == CANNOT, ["statement", "target", "value"]]),
        by_another=_table(found.loc[found["verdict"] == BY_ANOTHER, ["statement", "target", "value"]]),
        not_met=", ".join(found.loc[found["verdict"] == NOT_MET, "statement"]) or "none",
        shown=min(PAIRS_SHOWN, len(pairs)),
        pairs_found=len(pairs),
        pairs=_table(pairs.head(PAIRS_SHOWN).round(2)),
        reached=_table(reached.round(2).fillna("")),
        cohorts=cohorts,
        cells=cells,
        read=may_be_read_told(),
    )


def trials_told() -> dict[str, Any]:
    """What the trials found, in numbers: chapter 06 and the datasheet take their sentences from here.

    Returns
    -------
    dict
        sets, fewest, most (data sets, and persons in them), made and asked (files an arm), tried (data sets with
        calibrated files), missing (the others), readable and kinds (how many kinds of figure may be read, of how
        many). Of the measure named beforehand (`primary`, a frame a data set and an arm of log odds ratios; `drawn`,
        the same as factors, a row a dot): gain (its columns' means, by arm), nearer, least, largest, mean, se (in how
        many sets calibrated files are nearer than the guess, and by how much). Of odds ratios named and not sized:
        factor, factor_guess, factor_low and factor_high (off by a factor of, on the mean and over the sets), unsized
        (share within the range), and significance (right, by arm). Of shares: shares, variables, variables_held, far
        (largest distance, points). Of candidates that did not stay: direction (right by the middle file, by arm),
        small (share of truths below their standard error). Of records: near, near_trees (distance to the nearest real
        record, over that of shuffled columns), rare, rare_chance. at_most: how often a range of so many files would
        hold one more of the same kind.

    Examples
    --------
    >>> told = trials_told()
    >>> told["tried"] + len(told["missing"]) == told["sets"]
    True
    """
    found, sets, items = (trial_results.may_be_read(), trial_results.results("sets"), trial_results.results("items"))
    made, asked = found.attrs["made"], found.attrs["asked"]
    summary = trial_results.results()
    of_set = summary[(summary["kind"] == trial_results.UNPRINTED) & summary["of"].isin(sets["set"])]
    every = of_set.pivot(index="of", columns="arm", values="error")
    primary = every.dropna(subset=["calibrated"])
    gain = primary["guess"] - primary["calibrated"]
    unsized = summary[(summary["kind"] == KEPT) & (summary["arm"] == "calibrated") & summary["of"].isin(sets["set"])]
    rows = found.set_index("question")
    named, share = (rows.loc[trial_results.QUESTIONS[kind]] for kind in (KEPT, SUBGROUP))
    shares = _known(items, SUBGROUP)
    inside = shares["truth"].between(shares["low"] - 5e-5, shares["high"] + 5e-5)
    by_variable = inside.groupby([shares["set"], shares["item"].str.partition(",")[0]]).all()
    left = _known(items, DROPPED)
    signs = {arm: _same_sign(items, left, arm) for arm in ("calibrated", "guess", "trees")}
    conclusions = trial_results.trial_conclusions().set_index(["kind", "conclusion", "arm"])["share"]
    near = trial_results.results("disclosure")
    near["far"] = near["distance"] / near["distance_by_chance"]
    far = near.pivot(index="set", columns="arm", values="far").dropna(subset=["calibrated"]).mean()
    rare = near[near["arm"].eq("calibrated") & near["rare_real"].ge(RARE_ENOUGH)]
    draws = np.random.default_rng(1).standard_normal((20_000, made + 1))
    low, high = np.quantile(draws[:, 1:], [0.05, 0.95], axis=1)
    missing = [name for name in sets["set"] if name not in primary.index]
    read = found[found["verdict"] != trial_results.PUT_IN]["verdict"].eq(trial_results.MAY)
    return {
        "sets": len(sets),
        "fewest": int(sets["persons"].min()),
        "most": int(sets["persons"].max()),
        "made": made,
        "asked": asked,
        "tried": len(primary),
        "missing": missing,
        "hardest": bool(missing) and every["guess"].idxmax() in missing,
        "readable": int(read.sum()),
        "kinds": len(read),
        "primary": primary,
        "drawn": _dots(primary, sets.set_index("set")["title"]),
        "gain": primary.mean(),
        "nearer": int((gain > 0).sum()),
        "least": gain.min(),
        "largest": gain.max(),
        "mean": gain.mean(),
        "se": gain.std() / len(gain) ** 0.5,
        "factor": np.exp(named["calibrated"]),
        "factor_guess": np.exp(named["guess"]),
        "factor_low": np.exp(unsized["error"].min()),
        "factor_high": np.exp(unsized["error"].max()),
        "unsized": named["held"],
        "significance": conclusions[KEPT]["significance"],
        "share": share,
        "shares": len(shares),
        "variables": len(by_variable),
        "variables_held": int(by_variable.sum()),
        "far": (shares["median"] - shares["truth"]).abs().max(),
        "direction": signs,
        "small": (left["truth"].abs() < left["se"]).mean(),
        "near": far["calibrated"],
        "near_trees": far["trees"],
        "rare": rare["recovered"].mean(),
        "rare_chance": rare["recovered_by_chance"].mean(),
        "rare_sets": len(rare),
        "at_most": float(((draws[:, 0] >= low) & (draws[:, 0] <= high)).mean()),
    }


def _dots(primary: pd.DataFrame, titles: pd.Series) -> pd.DataFrame:
    """Distances on the log scale as factors, a row a data set and arm, the nearest to a guess first."""
    arms = {"calibrated": "files made to fit", "guess": "a reader's guess"}
    long = np.exp(primary[list(arms)]).sort_values("guess").rename(columns=arms)
    long = long.rename_axis("set").reset_index().melt("set", var_name="group", value_name="value")
    return pd.DataFrame({"label": long["set"].map(titles), "group": long["group"], "value": long["value"]})


def _known(items: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The quantities of a kind that the calibrated files have a number for."""
    rows = items[(items["kind"] == kind) & (items["arm"] == "calibrated")]
    return rows[(rows["median"] - rows["truth"]).notna()]


def _same_sign(items: pd.DataFrame, asked: pd.DataFrame, arm: str) -> float:
    """How often the middle file of an arm has the true sign, every data set alike."""
    rows = items[items["arm"] == arm].merge(asked[["set", "kind", "item"]]).dropna(subset=["median"])
    return float((np.sign(rows["median"]) == np.sign(rows["truth"])).groupby(rows["set"]).mean().mean())


def may_be_read_told() -> str:
    """The datasheet's section on what may be read beyond the print, as the trials' results in data/trials have it."""
    found, told = trial_results.may_be_read(), trials_told()
    table = pd.DataFrame(
        {
            "what is asked": found["question"],
            "in": found["unit"],
            **{words: found[arm].map("{:.2f}".format).replace("nan", "–") for arm, words in ARMS_TOLD.items()},
            "range holds, mean of sets": found["coverage"].map("{:.0%}".format),
            "of all truths": found["held"].map("{:.0%}".format),
            "width of range": found["width"].map("{:.2f}".format),
            "files' SD over SE": found["spread"].map("{:.2f}".format),
            "nearest in": [f"{row.nearer_in} of {row.sets}" for row in found.itertuples()],
            "from such files it": found["verdict"],
        }
    )
    gain, share, sign, right = told["gain"], told["share"], told["direction"], told["significance"]
    lost = ", ".join(told["missing"])
    without = f"Calibrated files of {lost} could not be made" if lost else "Calibrated files could be made of every set"
    without += "; there a guess is farther off than anywhere else. " if told["hardest"] else ". "
    readable = f"{told['readable']} of {told['kinds']} kinds may be read" if told["readable"] else "no kind may be read"
    paragraphs = [
        f"Written from [trials](trials/README.md) on {told['sets']} public data sets of {told['fewest']:,} to "
        f"{told['most']:,} persons, who are known: files were made of what a report of this kind would print of them, "
        f"and held against the persons. {without}By the rule, {readable} beyond what was printed. The mean distance "
        f"from the truth, of the median of {told['made']} files:",
        _table(table),
        "What a report gives in words was put in, and is no finding. A data set is left out of a row where no "
        "calibrated file of it came within reach, or where it has no quantity of the kind: the last column but one "
        "says of how many a row is. The guess has the printed percentages, means and SDs, and not the model; it takes "
        "candidates to be uncorrelated. *Made from the persons*, by sequential trees, says what having the persons is "
        "worth; it is blank where not every data set has it. Of a candidate that left the model, no association is "
        "about as good as a calibrated file.",
        f"The measure named beforehand is the distance of the log odds ratios that a report neither prints nor puts "
        f"in words: {gain['calibrated']:.2f} in calibrated files, {gain['tables']:.2f} in files exact on the tables "
        f"alone, {gain['guess']:.2f} by a guess. Calibrated files are nearer than the guess in {told['nearer']} of "
        f"{told['tried']} sets, by {told['least']:.2f} to {told['largest']:.2f}, on the mean by {told['mean']:.2f} "
        f"with a standard error over the sets of {told['se']:.2f}.",
        f"A range is that from the 5% to the 95% quantile of {told['made']} files. Were the truth one more such file, "
        f"it would be in the range {told['at_most']:.0%} of the time. No range is an interval: files differ among "
        "themselves by a fraction only of what sampling alone would do to an odds ratio (*files' SD over SE*).",
        f"The shares are those in four groups of which both margins are printed. Their ranges hold "
        f"{share['coverage']:.0%} on the mean of {share['sets']} sets and {share['held']:.0%} of all "
        f"{told['shares']} shares; the four shares of a variable hang on one number, "
        f"so that these are {told['variables']} findings, of which "
        f"{told['variables_held']} are held. A guess is {share['guess']:.1f} points off, a calibrated file "
        f"{share['calibrated']:.1f}, a single share up to {told['far']:.0f}. Files exact on the tables alone do about "
        "the same. Other shares were not tried. How candidates go together, these files tell hardly better than the "
        "tables alone.",
        f"Whether a factor that the model names is significant with all candidates in it is right in "
        f"{right['calibrated']:.0%} of calibrated files, {right['guess']:.0%} of guesses and {right['tables']:.0%} of "
        f"files exact on tables alone. Nobody can read the direction of a candidate that did not stay: the middle of "
        f"the calibrated files is right in {sign['calibrated']:.0%}, a guess in {sign['guess']:.0%}, the middle of "
        f"files made from the persons in {sign['trees']:.0%}; of these associations {told['small']:.0%} are smaller "
        "than their own standard error.",
        f"A calibrated record lies {told['near']:.2f} times as far from the nearest real record as one of shuffled "
        f"columns, and a record made from the persons {told['near_trees']:.2f} times. Of combinations that one or two "
        f"real persons have, calibrated files hold {told['rare']:.0%} and shuffled columns {told['rare_chance']:.0%} "
        f"({told['rare_sets']} sets with {RARE_ENOUGH} or more): no more than chance.",
        "The trials tell how the method did on these data sets, none of them on CSE; of no figure here do they say "
        "whether it is right.",
    ]
    return "\n\n".join([READ, *(part if part.startswith("|") else fill(part, 104) for part in paragraphs)])


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
