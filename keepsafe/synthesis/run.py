"""`keepsafe synthesise`: case files, second coder, family and datasheet, written whole or not at all."""

import hashlib
import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from textwrap import fill

import pandas as pd

from keepsafe.paths import data, shown
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.statistics.columns import refuse
from keepsafe.study import Study, load_study
from keepsafe.study.published import CLAIMS, load_claims, load_comparisons, load_figures
from keepsafe.synthesis import Made, make, trial_results
from keepsafe.synthesis.edition import printed
from keepsafe.synthesis.family import COHORTS, determined_cells, family, forced_pairs, reach, read_family
from keepsafe.synthesis.plan import Plan
from keepsafe.synthesis.verdicts import BY_ANOTHER, CANNOT, MET, NOT_MET, OUTSIDE, statements_held, verdicts

TARGETS = ("tables", "all")
#: What the committed files were made with.
SEED, TABLES_ONLY, CALIBRATED = 2019, 200, 50
PAIRS_SHOWN = 20
READ = "## What may be read from such files, and what not"
ARMS_TOLD = {"calibrated": "calibrated files", "tables": "exact on tables alone", "guess": "a guess from the tables"}
ARMS_TOLD |= {"no_association": "no association", "trees": "made from the persons"}


def synthesise_files(
    out: str | Path,
    seed: int,
    cohorts: int = 1,
    targets: str = "all",
    scheduler: str | None = None,
    n_jobs: int | None = None,
) -> list[Path]:
    """Write synthetic case files made from the published figures into a folder, and return the files written.

    One cohort writes case_files.csv and second_coder.csv, more write a family, family.parquet, made by whom `n_jobs`
    and `scheduler` say; targets are "tables" for figures and comparisons alone, "all" for the claims on models as well.
    InputError for arguments out of range, figures that contradict each other (which, and by how much), claims out of
    reach (which, and the nearest reached), and a folder that cannot be written. Nothing is left half-written.
    """
    if cohorts < 1 or seed < 0 or targets not in TARGETS:
        raise InputError.of(
            f"cohorts = {cohorts}, seed = {seed}, targets = {targets!r} is no choice",
            remedy="cohorts from 1, a seed from 0, targets tables or all",
        )
    study = load_study()
    figures, comparisons = printed(study)
    claims = _claims(study) if targets == "all" else None
    with progress(cohorts) as told:
        if cohorts == 1:
            made = make(Plan(figures, comparisons, study), claims, seed)
            files = {"case_files.csv": made.case_files, "second_coder.csv": made.second_coder}
            _tell_held(figures, comparisons, claims, made, study)
        else:
            made = family(figures, comparisons, claims, study, seed, cohorts, scheduler, told, n_jobs)
            _tell_lost(made)
            files = {"family.parquet": made}
    return write(Path(out), files)


def make_committed() -> list[Path]:
    """Make all of data/synthetic and the datasheet data/README.md anew."""
    study, figures, comparisons, claims = load_study(), load_figures(), load_comparisons(), load_claims()
    made = make(Plan(figures, comparisons, study), claims, SEED)
    of_report = partial(family, figures, comparisons, study=study)
    with progress(TABLES_ONLY + CALIBRATED) as told:
        tables = of_report(claims=None, seed=SEED, cohorts=TABLES_ONLY, progress=told)
        second = partial(of_report, claims=claims, seed=SEED + TABLES_ONLY, cohorts=CALIBRATED)
        whole = second(progress=lambda done: told(TABLES_ONLY + done))
    for part in (tables, whole):
        _tell_lost(part)
    both = pd.concat([tables, whole], ignore_index=True)
    reached = reach(figures, comparisons, claims, study, SEED)
    files = {"case_files.csv": made.case_files, "second_coder.csv": made.second_coder}
    files |= {"reach.csv": reached.assign(synthetic=1), "family.parquet": both}
    written = write(data("synthetic"), files)
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(written))
    return [*written, *write(data("synthetic"), {"CHECKSUMS": sums}), *tell_committed()]


def tell_committed() -> list[Path]:
    """Write the datasheet data/README.md of the files in data/synthetic anew, without making them."""
    study = load_study()
    derived = read_family(study=study)
    seeds = {"tables": f"{TABLES_ONLY} (seeds from {SEED})"}
    seeds["all"] = f"{CALIBRATED} (seeds from {SEED + TABLES_ONLY})"
    held, pairs, cells = statements_held(study), forced_pairs(derived, study), determined_cells(derived, study)
    reached = pd.read_csv(data("synthetic", "reach.csv"), float_precision="round_trip").drop(columns="synthetic")
    return write(data(), {"README.md": datasheet(study, seeds, held, pairs, reached, cells)})


def datasheet(
    study: Study,
    seeds: dict[str, str],
    found: pd.DataFrame,
    pairs: pd.DataFrame,
    reached: pd.DataFrame,
    cells: dict[int, int],
) -> str:
    """The datasheet of the committed files: how they were made, what they hold, and what may be read of them."""
    counts = found.groupby(["kind", "verdict"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[MET, CANNOT, BY_ANOTHER, NOT_MET, OUTSIDE], fill_value=0).reset_index()
    said = found.set_index("verdict")[["statement", "target", "value"]]
    return _page("datasheet").format(
        **seeds,
        files=study.settings["synthesis"]["files"],
        seed=SEED,
        verdicts=_table(counts),
        cannot=_table(said[said.index == CANNOT]),
        by_another=_table(said[said.index == BY_ANOTHER]),
        not_met=", ".join(said.loc[said.index == NOT_MET, "statement"]) or "none",
        shown=min(PAIRS_SHOWN, len(pairs)),
        pairs_found=len(pairs),
        pairs=_table(pairs.head(PAIRS_SHOWN).round(2)),
        reached=_table(reached.round(2).fillna("")),
        cohorts=COHORTS,
        cells=cells,
        read=may_be_read_told(),
    )


def _page(name: str) -> str:
    return (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8")


def may_be_read_told() -> str:
    """The datasheet's section on what may be read beyond the print, as the trials' results in data/trials have it."""
    found, told = trial_results.may_be_read(), trial_results.trials_told()
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
    lost = ", ".join(told["missing"])
    without = f"Calibrated files of {lost} could not be made" if lost else "Calibrated files could be made of every set"
    without += "; there a guess is farther off than anywhere else." if told["hardest"] else "."
    readable = f"{told['readable']} of {told['kinds']} kinds may be read" if told["readable"] else "no kind may be read"
    text = _page("may_be_read").format(**told, without=without, may=readable, table=_table(table))
    parts = text.strip().split("\n\n")
    return "\n\n".join(part if part.startswith(("|", "#")) else fill(part, 104) for part in parts)


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


def write(out: Path, files: dict[str, pd.DataFrame | str]) -> list[Path]:
    """Write texts and frames under temporary names and rename them once all are whole; on failure leave nothing.

    A frame without rows, as where no file was coded twice, is not written.
    """
    whole: dict[Path, Path] = {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, made in files.items():
            if not len(made):
                continue
            part = out / f".{name}.{os.getpid()}.part"
            whole[part] = out / name
            if isinstance(made, str):
                part.write_text(made, encoding="utf-8")
            elif name.endswith(".csv"):
                made.to_csv(part, index=False, lineterminator="\n")
            else:
                made.to_parquet(part, compression="zstd", index=False)
        for part, path in whole.items():
            os.replace(part, path)
    except OSError as error:
        raise InputError.of(
            f"cannot write there: {error.strerror or error}",
            file=shown(out),
            remedy="nothing was changed; make room, or choose another folder",
        ) from error
    finally:
        for part in whole:
            part.unlink(missing_ok=True)
    return list(whole.values())


@contextmanager
def progress(cohorts: int):
    """A bar on the terminal; where there is none, a line each quarter of the way."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(console=console) as bar:
            task = bar.add_task("cohorts", total=cohorts)
            yield lambda done: bar.update(task, completed=done)
        return
    seen: set[int] = set()

    def tell(done: int) -> None:
        quarter = 4 * done // cohorts
        if quarter not in seen:
            seen.add(quarter)
            print(f"{done} of {cohorts} cohorts", flush=True)

    yield tell


def _tell_lost(made) -> None:
    """Say which cohorts a family had to leave out."""
    for seed, why in made.attrs.pop("lost").items():
        print(f"the cohort of seed {seed} is left out, since it was out of reach: {why}", flush=True)


def _claims(study: Study) -> pd.DataFrame:
    """The claims; InputError where one is on a model that the study file lacks."""
    claims = load_claims()
    known = [*study.models, "all_outcomes"]
    refuse(
        Problem(not_one_of(name, known[:-1])[0], "claims.csv", line, "model", not_one_of(name, known)[1])
        for line, name in enumerate(claims["model"], 2)
        if name not in known
    )
    return claims


def _tell_held(figures, comparisons, claims, made: Made, study: Study) -> None:
    """Say how many of the printed statements the files bear out, and name the others with their place."""
    from keepsafe.files.cleaning import clean

    claims = pd.DataFrame(columns=CLAIMS) if claims is None else claims
    found = verdicts(figures, comparisons, claims, clean(made.case_files, study), study)
    found = found[found["verdict"] != OUTSIDE]
    held = found["verdict"] == MET
    counts = "; ".join(f"{part.sum()} of {len(part)} {kind}s" for kind, part in held.groupby(found["kind"], sort=False))
    print(f"{len(made.cohort)} persons. Borne out: {counts}", flush=True)
    for row in found[~held].itertuples():
        print(f"{row.kind} {row.statement}: printed {row.target}, in the files {row.value}: {row.verdict}", flush=True)


if __name__ == "__main__":
    for path in make_committed():
        print(shown(path))
