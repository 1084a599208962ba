"""Export: the cleaned cohort for those who stay in SPSS, Stata, R or a spreadsheet, with all that explains it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyreadstat

from keepsafe.problems import InputError, Problem
from keepsafe.report.export.descriptions import data_package, dictionary_page
from keepsafe.report.export.fields import fields_of
from keepsafe.report.export.files import write
from keepsafe.report.export.records import Cohort, main_model, read_cohort
from keepsafe.report.export.rscript import r_script
from keepsafe.report.export.syntax import spss_syntax
from keepsafe.study.codebook import load_codebook
from keepsafe.study.definition import load_study

__all__ = ["Exported", "export"]
ENDINGS = (".sav", ".dta", ".csv")
PACKAGE = "datapackage.json"
SYNTHETIC = "Synthetic data: no record is of a person. The column synthetic is 1 in each row."
OWN = "Records of persons: keep this file where the case files are kept."


@dataclass(frozen=True)
class Exported:
    """The files that were written, the data first; `synthetic` is False where they hold records of persons."""

    files: tuple[Path, ...]
    synthetic: bool


def export(
    to: str | Path, data: str | Path | None = None, codebook: str | Path | None = None, study: str | Path | None = None
) -> Exported:
    """Write the cleaned cohort, one row a person, with scripts, a data dictionary and a datapackage.json beside it.

    Parameters
    ----------
    to : the file: X.sav (SPSS), X.dta (Stata 14 and later) or X.csv (codes as text). Beside it go X.sps and X.R, which
        repeat the study's first model, X.html and datapackage.json. An ending alone, such as "out/.sav", stands for
        cohort-synthetic.sav, or cohort.sav where the records are of persons.
    data : case files; by default those that the study names.
    codebook, study : what they mean; by default the compendium's own.

    Returns
    -------
    Exported

    Raises
    ------
    InputError
        for input that cannot be used, a place that cannot be written, and a file that is there already: nothing is
        written then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in export(Path(folder, ".csv")).files]
    ['cohort-synthetic.csv', 'cohort-synthetic.sps', 'cohort-synthetic.R', 'cohort-synthetic.html', 'datapackage.json']
    """
    to = Path(to)
    ending = (to.suffix or to.name).lower()
    if ending not in ENDINGS:
        remedy = f"choose one of {', '.join(ENDINGS)}"
        raise InputError.of(f"{to.name!r} has no ending that is known", column="--to", remedy=remedy)
    if to.suffix:
        check_place(to)
    cohort = read_cohort(data, load_study(study, load_codebook(codebook)))
    if not to.suffix:
        to = to.with_name(("cohort-synthetic" if cohort.synthetic else "cohort") + ending)
        check_place(to)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=to.parent, ignore_cleanup_errors=True) as staged:
        _write(Path(staged, to.name), ending, cohort)
        return Exported(tuple(publish(Path(staged), to)), cohort.synthetic)


def _write(path: Path, ending: str, cohort: Cohort) -> None:
    """The files, side by side."""
    study, codes, note = cohort.study, cohort.codes, SYNTHETIC if cohort.synthetic else OWN
    title = f"{'Synthetic data. ' if cohort.synthetic else ''}{study.title or 'The cleaned cohort'}"
    fields, main = fields_of(codes, study, ending), main_model(cohort.frame, study)
    try:
        write(path, codes, fields, title, note)
    except (pyreadstat.PyreadstatError, pyreadstat.ReadstatError, OSError) as error:
        raise InputError.of(f"cannot be written: {error}", file=path.name) from None
    _, syntax, script, page, package = files_of(path)
    syntax.write_text(spss_syntax(path.name, fields, main, title, note), encoding="utf-8")
    script.write_text(r_script(path.name, fields, main, title, note), encoding="utf-8")
    page.write_text(dictionary_page(path.name, fields, codes, title, note, cohort.synthetic), encoding="utf-8")
    person = study.settings["study"]["person"]
    about = data_package(path, [syntax, script, page], fields, person, title, note)
    package.write_text(about, encoding="utf-8")


def files_of(to: Path) -> list[Path]:
    """The exported file and those beside it."""
    return [to, *(to.with_suffix(ending) for ending in (".sps", ".R", ".html")), to.with_name(PACKAGE)]


def check_place(to: Path) -> None:
    """Refuse a place that cannot take the files, before any work is done.

    Parameters
    ----------
    to : the exported file.

    Raises
    ------
    InputError
        for a name that other programs would not take, a folder that is missing or cannot be written, and each file
        that is there already.
    """
    if to.name[:1] in ".~" or not to.name.isprintable() or set(to.name) & set('\\/:*?"<>|'):
        raise InputError.of(f"{to.name!r} is no name that every program takes", column="--to",
                            remedy="use letters, digits, blanks, - and _")  # fmt: skip
    try:
        tempfile.TemporaryFile(dir=to.parent).close()
    except OSError as error:
        raise InputError.of(f"nothing can be written here: {error.strerror}", file=to.parent.name or str(to.parent),
                            remedy="name a folder that exists and is yours") from None  # fmt: skip
    taken = [path for path in files_of(to) if path.exists() or path.is_symlink()]
    if taken:
        remedy = "export into another folder, or move the file away"
        raise InputError(Problem("is there already and stays as it is", path.name, remedy=remedy) for path in taken)


def publish(staged: Path, to: Path) -> list[Path]:
    """Move the staged files into their places; on any failure take away those that were placed.

    Parameters
    ----------
    staged : folder with the files, on the same file system.
    to : the exported file.

    Returns
    -------
    list of Path, the files in their places
    """
    check_place(to)
    placed: list[Path] = []
    try:
        for path in files_of(to):
            path.touch(exist_ok=False)  # the name is taken before anything moves
            placed.append(path)
        for path in placed:
            (staged / path.name).replace(path)
    except BaseException as error:
        for path in placed:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            name = Path(error.filename or to).name
            raise InputError.of(f"cannot be written: {error.strerror}", file=name) from None
        raise
    return placed
