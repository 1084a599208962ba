"""The datasheet of the synthetic data, data/README.md, written from the run that made them."""

import pandas as pd

from keepsafe.study import Study
from keepsafe.synthesis.verdicts import CANNOT, MET, NOT_MET, OUTSIDE

#: Shown so that a reader can judge; the whole table is in the pipeline's values.
PAIRS_SHOWN = 20


def datasheet(study: Study, seed: int, seeds: dict[str, str], found: pd.DataFrame, pairs: pd.DataFrame, reached: pd.DataFrame,
              cells: dict[int, int], cohorts: int) -> str:  # fmt: skip
    """Write the datasheet.

    Parameters
    ----------
    seed : of the case files; seeds : of the family, by kind.
    found : `verdicts` on the committed cohort; pairs : `forced_pairs`; reached : `reach`.
    cells, cohorts : `determined_cells`, and in how many cohorts they were looked for.
    """
    rules = study.settings["synthesis"]
    files = rules["files"]
    parts = [
        "# Datasheet of the synthetic data",
        "Written by `keepsafe.synthesis`; change the generator, not this file. Form: Gebru and others, *Datasheets for "
        "datasets*, Communications of the ACM 64 (2021).",
        "## What this is",
        "No young person is in these data. The case files of the 2019 report 'Keeping Safe?' are confidential and are not "
        "here. What is here was made from the figures and statements that the report printed, so that its pipeline can be "
        "run, read and tested. Every file has the column `synthetic`, which is 1.",
        _table(pd.DataFrame({
            "file": ["published/", "codebook.csv", "study.toml", "synthetic/case_files.csv", "synthetic/second_coder.csv",
                     "synthetic/family.parquet", "synthetic/reach.csv", "synthetic/CHECKSUMS"],
            "content": ["printed figures, comparisons and claims as data", "what each variable means",
                        "groups, models, and the rules and illustrative shares of the generator",
                        f"{files['total']} case files as extracted, untidy", f"{files['coded_twice']} files coded a second time",
                        f"cohorts that hold the same printed figures: {seeds['tables']} exact on the tables, {seeds['all']} "
                        "calibrated to the models as well", "how far each sized odds ratio can be pushed",
                        "SHA-256 of each file"]})),
        "## How it was made",
        f"Seed of the case files: {seed}. Printed figures are turned into demands on whole counts; an integer programme finds "
        "the largest set that can hold together; a random walk over tables of counts, uniform over the ways in which persons "
        "can fill them, draws the rest. Persons then exchange what they hold, without changing any printed figure, until "
        "backward elimination (likelihood ratio, removal above .10) on all candidates of each model ends in the factors that "
        "the report names. The search compares floating-point numbers and may take another path on another processor: the "
        "committed files are data with a checksum, and files made anew satisfy the same constraints.",
        "## Targets met and not met",
        "Agreement with a target shows that the pipeline is right, and nothing else: these figures were put in.",
        _table(found.groupby(["kind", "verdict"]).size().unstack(fill_value=0).reindex(
            columns=[MET, CANNOT, NOT_MET, OUTSIDE], fill_value=0).reset_index()),
        "These cannot hold with the other printed figures. The figures as transcribed were kept as far as they go together; "
        "a comparison is listed where printed figures alone fix both of its groups.",
        _table(found.loc[found["verdict"] == CANNOT, ["kind", "statement", "target", "value"]]),
        "Not met otherwise: " + (", ".join(found.loc[found["verdict"] == NOT_MET, "statement"]) or "none") + ".",
        "## What was never printed and is ours",
        "The shares in `study.toml` under `[synthesis]` (how often a response was given, numbers of agencies and their tail, "
        f"duplicate files, {files['disagreement']:.0%} of codes on which the second coder differs, {files['untidy']:.1%} of "
        "entries untidy) are illustrative. Nothing about young people or services may be read from them. Only five odds ratios "
        "are sized in the report; every other size is a choice of the search.",
        f"The models force these pairs of variables to associate more than the tables alone do (mean correlation over the "
        f"family; the {min(PAIRS_SHOWN, len(pairs))} largest of {len(pairs)} that differ by .1 or more):",
        _table(pairs.head(PAIRS_SHOWN).round(2)),
        "How far each sized odds ratio can be pushed while the printed figures hold and the other factors of its model keep "
        "their sign and significance: at least this wide, within 1/100 and 100. `with_low` and `with_high` tell what the "
        "published value goes with in a factor whose figures were never printed.",
        _table(reached.round(2).fillna("")),
        "## Relations not preserved",
        "All else is as near to independence, given the constraints, as the random walk leaves it. Relations between variables "
        "that the report neither tabulates by group nor puts in a model are noise: responses with each other, phase 2 with "
        "phase 1, reasons after closure with outcomes, the course of events in time. Files repeated for one person agree but "
        "for team, category and some codes not recorded, which real files do not.",
        "## What the printed figures determine",
        f"In {cohorts} cohorts exact on the tables, {cells[2]} unprinted joint cells of two variables and {cells[3]} of three "
        "hold 1 to 4 persons, as many in every cohort, and say more than their parts. Such cells may follow from what was "
        "printed. They are counted here and listed nowhere.",
        "## Permitted and forbidden uses",
        "Permitted: running, testing and teaching the pipeline; trying an analysis before access to real files; showing what "
        "printed tables leave open.",
        "Forbidden: any finding about young people, services or places; training or testing a tool that scores, predicts or "
        "profiles a person; any attempt to identify a person or an authority; presenting these records as real; removing "
        "the column `synthetic`.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _table(frame: pd.DataFrame) -> str:
    """A frame as a Markdown table."""
    cells = frame.astype("str").map(lambda text: text.replace("|", " or "))
    rows = [list(frame.columns), ["---"] * frame.shape[1], *cells.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)
