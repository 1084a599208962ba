"""An SPSS data file (.sav): labels, measures and user-missing codes in the file itself."""

from pathlib import Path

import pandas as pd

from keepsafe.export.fields import Field
from keepsafe.export.names import shortened
from keepsafe.export.numbering import ONE_BY_ONE

FILE_LABEL, NOTE, LABEL, VALUE_LABEL = 64, 80, 255, 120  # bytes


def write_sav(path: Path, codes: pd.DataFrame, fields: list[Field], title: str, note: str) -> None:
    """Write the records as SPSS has them.

    Parameters
    ----------
    path : the file.
    codes : the records, as `as_codes` returns them.
    fields : their columns, as `fields_of` returns them for ".sav".
    title : label of the file.
    note : a sentence that goes into the file as a document.
    """
    import pyreadstat

    stored = pd.DataFrame({field.column: field.stored(codes[field.variable.name]) for field in fields})
    numeric = [field for field in fields if not field.text]
    whole = {field.column: (stored[field.column].dropna() % 1 == 0).all() for field in numeric}
    pyreadstat.write_sav(
        stored,
        path,
        file_label=shortened(title, FILE_LABEL),
        row_compress=True,
        note=shortened(note, NOTE),
        column_labels={field.column: shortened(field.label, LABEL) for field in fields},
        variable_value_labels={
            field.column: {value: shortened(label, VALUE_LABEL) for value, label in field.labels.items()}
            for field in numeric
            if field.labels
        },
        missing_ranges={field.column: _missing(field) for field in numeric if field.missing},
        variable_measure={field.column: field.measure for field in fields},
        variable_format={field.column: "F8.0" if whole[field.column] else "F8.2" for field in numeric},
    )  # fmt: skip


def _missing(field: Field) -> list:
    codes = list(field.missing)
    return codes if len(codes) <= ONE_BY_ONE else [{"lo": min(codes), "hi": max(codes)}]
