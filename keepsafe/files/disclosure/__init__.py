"""Disclosure control: what is kept from a report so that it tells nothing about few persons."""

from keepsafe.files.disclosure.limits import Limits, Withheld, active, coarse, log, marks, shielded, withheld_notes
from keepsafe.files.disclosure.models import WHY, Protection
from keepsafe.files.disclosure.protection import Protected, protect, tells_of_everybody, tells_of_numbers
from keepsafe.files.disclosure.secret import digests, keyed, near, note_content, secret

__all__ = [
    "WHY",
    "Limits",
    "Protected",
    "Protection",
    "Withheld",
    "active",
    "coarse",
    "digests",
    "keyed",
    "log",
    "marks",
    "near",
    "note_content",
    "protect",
    "secret",
    "shielded",
    "tells_of_everybody",
    "tells_of_numbers",
    "withheld_notes",
]
