"""Numbers with a name, and the sentences that they stand in."""

from keepsafe.values.named import Kind, Sentence, Value, say, value, value_name
from keepsafe.values.numerals import DASH, escape, p_value, rounded
from keepsafe.values.quotations import quotation
from keepsafe.values.recorded import recall, recorded
from keepsafe.values.reproduced import reproduced

__all__ = [
    "DASH",
    "Kind",
    "Sentence",
    "Value",
    "escape",
    "p_value",
    "quotation",
    "recall",
    "recorded",
    "reproduced",
    "rounded",
    "say",
    "value",
    "value_name",
]
