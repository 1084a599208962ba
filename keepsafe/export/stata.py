"""A Stata data file (.dta): labels in the file itself, missing as Stata's .a, .b and so on."""

from pathlib import Path

import pandas as pd

from keepsafe.export.fields import Field
from keepsafe.export.names import shortened

VERSION = 14  # the oldest format in Unicode: Stata 14 and later read it, and so does SPSS
FILE_LABEL, LABEL, VALUE_LABEL = 80, 80, 32000  # bytes


def write_dta(path: Path, codes: pd.DataFrame, fields: list[Field], title: str, note: str) -> None:
    """Write the records as Stata has them.

    Parameters
    ----------
    path, codes, title : as for `write_sav`.
    fields : as `fields_of` returns them for ".dta".
    note : not written, since the library that writes the file knows no notes.
    """
    import pyreadstat

    stored = pd.DataFrame({field.column: field.stored(codes[field.variable.name]) for field in fields})
    labelled = [field for field in fields if not field.text and field.labels]
    pyreadstat.write_dta(
        stored,
        path,
        version=VERSION,
        file_label=shortened(title, FILE_LABEL),
        column_labels={field.column: shortened(field.label, LABEL) for field in fields},
        variable_value_labels={
            field.column: {value: shortened(label, VALUE_LABEL) for value, label in field.labels.items()}
            for field in labelled
        },
        missing_user_values={field.column: sorted(field.missing) for field in labelled if field.missing},
    )  # fmt: skip
