"""The exported data in three forms: SPSS (.sav), Stata (.dta), and CSV as `keepsafe check` reads it."""

from pathlib import Path

import pandas as pd

from keepsafe.reading.inert import inert_cells
from keepsafe.report.export.fields import ONE_BY_ONE, Field, shortened

NOTE, VERSION = 80, 14  # bytes of a note; the oldest format of Stata in Unicode, which SPSS reads as well
FILE_LABEL = {".sav": 64, ".dta": 80}  # bytes
LABEL = {".sav": 255, ".dta": 80}
VALUE_LABEL = {".sav": 120, ".dta": 32_000}
DATES = {".sav": "SDATE10", ".dta": "%td"}


def write(path: Path, codes: pd.DataFrame, fields: list[Field], title: str, note: str) -> None:
    """Write the records.

    Parameters
    ----------
    path : the file; its ending says in which form.
    codes : the records, as `as_codes` returns them.
    fields : their columns, as `fields_of` returns them for this ending.
    title : label of the file. A CSV file has no place for it; datapackage.json holds it.
    note : a sentence that goes into a .sav as a document; the library that writes .dta knows no notes.
    """
    ending = path.suffix.lower()
    if ending == ".csv":
        inert_cells(codes).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        return
    import pyreadstat

    stored = pd.DataFrame({field.column: field.stored(codes[field.variable.name]) for field in fields})
    numeric = [field for field in fields if not field.text]
    common = {
        "file_label": shortened(title, FILE_LABEL[ending]),
        "column_labels": {field.column: shortened(field.label, LABEL[ending]) for field in fields},
        "variable_value_labels": {
            field.column: {value: shortened(label, VALUE_LABEL[ending]) for value, label in field.labels.items()}
            for field in numeric
            if field.labels
        },
    }
    formats = {field.column: DATES[ending] for field in numeric if field.variable.type == "date"}
    if ending == ".dta":
        common["missing_user_values"] = {field.column: sorted(field.missing) for field in numeric if field.missing}
        pyreadstat.write_dta(stored, path, version=VERSION, variable_format=formats, **common)
        return
    whole = {field.column: (stored[field.column].dropna() % 1 == 0).all() for field in numeric}
    pyreadstat.write_sav(
        stored,
        path,
        row_compress=True,
        note=shortened(note, NOTE),
        missing_ranges={field.column: _missing(field) for field in numeric if field.missing},
        variable_measure={field.column: field.measure for field in fields},
        variable_format={field.column: "F8.0" if whole[field.column] else "F8.2" for field in numeric} | formats,
        **common,
    )


def _missing(field: Field) -> list:
    codes = list(field.missing)
    return codes if len(codes) <= ONE_BY_ONE else [{"lo": min(codes), "hi": max(codes)}]
