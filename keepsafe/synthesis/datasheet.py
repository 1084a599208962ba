"""The datasheet of the synthetic data, data/README.md, written from the run that made them."""

import pandas as pd

from keepsafe.study.definition import Study
from keepsafe.synthesis.verdicts import CANNOT, MET, NOT_MET, OUTSIDE

PAIRS_SHOWN = 20

TEXT = """# Datasheet of the synthetic data

Written by the generator, `keepsafe.synthesis`; change that, not this file. Form: Gebru and others,
*Datasheets for datasets*, Communications of the ACM 64 (2021).

## What this is

No young person is in these data. The case files of the 2019 report 'Keeping Safe?' are confidential and are
not here. What is here was made from the figures and statements that the report printed, so that its
pipeline can be run, read and tested. Every file has the column `synthetic`, which is 1.

| file | content |
| --- | --- |
| published/ | printed figures, comparisons and claims as data |
| codebook.csv | what each variable means |
| study.toml | groups, models, and the rules and illustrative shares of the generator |
| synthetic/case_files.csv | {files[total]} case files as extracted, untidy |
| synthetic/second_coder.csv | {files[coded_twice]} files coded a second time |
| synthetic/family.parquet | cohorts: {tables} exact on the tables, {all} calibrated as well |
| synthetic/reach.csv | how far each sized odds ratio can be pushed |
| synthetic/CHECKSUMS | SHA-256 of each file |
| simulation/known_truth.csv | how selection does on made cohorts of known truth, from `keepsafe.statistics.logistic` |
| audit/planted.csv | errors planted in right tables, and those found: `tests/benchmarks/bench_audit_table.py` |

## How it was made

Seed of the case files: {seed}. Printed figures are turned into demands on whole counts; an integer
programme finds the largest set that can hold together; a random walk over tables of counts, uniform over
the ways in which persons can fill them, draws the rest. Persons then exchange what they hold, without
changing any printed figure, until backward elimination (likelihood ratio, removal above .10) on all
candidates of each model ends in the factors that the report names. The search compares numbers on a grid,
and one seed gives the same files on every processor. The committed files are older than that grid: they are
data with a checksum, and files made anew with their seed are others that satisfy the same constraints.

## Targets met and not met

Agreement with a target shows that the pipeline is right, and nothing else: these figures were put in.

{verdicts}

These cannot hold with the other printed figures. The figures as transcribed were kept as far as they go
together; a comparison is listed where the printed figures of both its groups leave it no freedom.

{cannot}

Not met otherwise: {not_met}.

## What was never printed and is ours

The shares in `study.toml` under `[synthesis]` (how often a response was given, numbers of agencies and
their tail, repeated files, {files[disagreement]:.0%} of codes on which the second coder differs,
{files[untidy]:.1%} of entries untidy) are illustrative. Nothing about young people or services may be read
from them. Only five odds ratios are sized in the report; every other size is a choice of the search.

The models force these pairs of variables to associate more than the tables alone do (mean correlations over
the family; the {shown} largest of {pairs_found} differences of .1 or more):

{pairs}

How far each sized odds ratio can be pushed while the printed figures hold and the other factors of its
model keep their sign and significance: at least this wide, looked for from 1/100 to 100. `with_low` and
`with_high` are the ends found for a factor whose figures were never printed while the published odds ratio
holds.

{reached}

## Relations not preserved

All else is as near to independence, given the constraints, as the random walk leaves it. Relations between
variables that the report neither tabulates by group nor puts in a model are noise: responses with each
other, phase 2 with phase 1, reasons after closure with outcomes, the course of events in time. Files
repeated for one person agree but for team, category and some codes not recorded, which real files do not.

## What the printed figures determine

In {cohorts} cohorts exact on the tables, the number of unprinted joint cells that hold 1 to 4 persons, as
many in every cohort, and that say more than their parts: {cells[2]} of two variables, {cells[3]} of three.
Such cells may follow from what was printed. They are counted here and listed nowhere.

## Permitted and forbidden uses

Permitted: running, testing and teaching the pipeline; trying an analysis before access to real files;
showing what printed tables leave open.

Forbidden: any finding about young people, services or places; training or testing a tool that scores,
predicts or profiles a person; any attempt to identify a person or an authority; presenting these records as
real; removing the column `synthetic`.
"""


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
    """Write the datasheet.

    Parameters
    ----------
    seed : of the case files; seeds : of the family, by kind (tables, all).
    found : `verdicts` on the committed cohort; pairs : `forced_pairs`; reached : `reach`.
    cells, cohorts : `determined_cells`, and in how many cohorts they were looked for.

    Returns
    -------
    Markdown text.
    """
    counts = found.groupby(["kind", "verdict"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[MET, CANNOT, NOT_MET, OUTSIDE], fill_value=0).reset_index()
    return TEXT.format(
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
    )


def _table(frame: pd.DataFrame) -> str:
    """A frame as a Markdown table."""
    cells = frame.astype("str").map(lambda text: text.replace("|", " or "))
    rows = [list(frame.columns), ["---"] * frame.shape[1], *cells.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)
