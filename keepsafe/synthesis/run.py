"""`keepsafe synthesise`: case files, second coder, family and datasheet, written whole or not at all."""

import hashlib
import os
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd

from keepsafe.paths import data, shown
from keepsafe.problems import InputError, Problem, not_one_of
from keepsafe.study import Study, load_study
from keepsafe.study.published import CLAIMS, load_claims, load_comparisons, load_figures
from keepsafe.synthesis.datasheet import datasheet
from keepsafe.synthesis.edition import printed
from keepsafe.synthesis.family import COHORTS, determined_cells, family, forced_pairs, reach, read_family
from keepsafe.synthesis.making import Made, make
from keepsafe.synthesis.plan import Plan
from keepsafe.synthesis.verdicts import MET, OUTSIDE, statements_held, verdicts

TARGETS = ("tables", "all")
#: What the committed files were made with.
SEED, TABLES_ONLY, CALIBRATED = 2019, 200, 50

Save = Callable[[Path], object]


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
    with progress("cohorts", cohorts) as told:
        if cohorts == 1:
            made = make(Plan(figures, comparisons, study), claims, seed)
            files = _csvs({"case_files.csv": made.case_files, "second_coder.csv": made.second_coder})
            _tell_held(figures, comparisons, claims, made, study)
        else:
            made = family(figures, comparisons, claims, study, seed, cohorts, scheduler, told, n_jobs)
            _tell_lost(made)
            files = {"family.parquet": lambda path: made.to_parquet(path, compression="zstd", index=False)}
    return write(Path(out), files)


def make_committed() -> list[Path]:
    """Make all of data/synthetic and the datasheet data/README.md anew."""
    study, figures, comparisons, claims = load_study(), load_figures(), load_comparisons(), load_claims()
    made = make(Plan(figures, comparisons, study), claims, SEED)
    total, second = TABLES_ONLY + CALIBRATED, SEED + TABLES_ONLY
    with progress("cohorts", total) as told:
        tables = family(figures, comparisons, None, study, SEED, TABLES_ONLY, progress=told)
        whole = family(
            figures,
            comparisons,
            claims,
            study,
            second,
            CALIBRATED,
            progress=lambda done, _: told(TABLES_ONLY + done, total),
        )
    for part in (tables, whole):
        _tell_lost(part)
    both = pd.concat([tables, whole], ignore_index=True)
    reached = reach(figures, comparisons, claims, study, SEED)
    frames = {"case_files.csv": made.case_files, "second_coder.csv": made.second_coder}
    files = _csvs(frames | {"reach.csv": reached.assign(synthetic=1)})
    files["family.parquet"] = lambda path: both.to_parquet(path, compression="zstd", index=False)
    written = write(data("synthetic"), files)
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(written))
    written += write(data("synthetic"), {"CHECKSUMS": lambda path: path.write_text(sums, encoding="utf-8")})
    return [*written, *tell_committed()]


def tell_committed() -> list[Path]:
    """Write the datasheet data/README.md of the files in data/synthetic anew, without making them."""
    study = load_study()
    derived = read_family(study=study)
    seeds = {"tables": f"{TABLES_ONLY} (seeds from {SEED})"}
    seeds["all"] = f"{CALIBRATED} (seeds from {SEED + TABLES_ONLY})"
    held, pairs, cells = statements_held(study), forced_pairs(derived, study), determined_cells(derived, study)
    reached = pd.read_csv(data("synthetic", "reach.csv"), float_precision="round_trip").drop(columns="synthetic")
    text = datasheet(study, SEED, seeds, held, pairs, reached, cells, COHORTS)
    return write(data(), {"README.md": lambda path: path.write_text(text, encoding="utf-8")})


def write(out: Path, files: dict[str, Save]) -> list[Path]:
    """Write files under temporary names and rename them once all are whole; on failure leave nothing."""
    whole: dict[Path, Path] = {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, save in files.items():
            part = out / f".{name}.{os.getpid()}.part"
            whole[part] = out / name
            save(part)
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
def progress(what: str, total: int):
    """A bar on the terminal; where there is none, a line each quarter of the way."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        seen: set[int] = set()

        def tell(done: int, _: int) -> None:
            quarter = 4 * done // total
            if quarter not in seen:
                seen.add(quarter)
                print(f"{done} of {total} {what}", flush=True)

        yield tell
        return
    with Bar(console=console) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, _: bar.update(task, completed=done)


def _tell_lost(made) -> None:
    """Say which cohorts a family had to leave out."""
    for seed, why in made.attrs.pop("lost").items():
        print(f"the cohort of seed {seed} is left out, since it was out of reach: {why}", flush=True)


def _claims(study: Study) -> pd.DataFrame:
    """The claims; InputError where one is on a model that the study file lacks."""
    claims = load_claims()
    known = [*study.models, "all_outcomes"]
    faults = [
        Problem(*not_one_of(name, known[:-1])[:1], "claims.csv", line, "model", not_one_of(name, known)[1])
        for line, name in enumerate(claims["model"], 2)
        if name not in known
    ]
    if faults:
        raise InputError(faults)
    return claims


def _csvs(frames: dict[str, pd.DataFrame]) -> dict[str, Save]:
    """How frames are saved; one without rows, as where no file was coded twice, is not."""
    to_csv = partial(pd.DataFrame.to_csv, index=False, lineterminator="\n")
    return {name: partial(to_csv, frame) for name, frame in frames.items() if len(frame)}


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
