"""Disclosure control: what is kept from a report so that it tells nothing about few persons."""

from keepsafe.files.disclosure.limits import Limits, Withheld, active, coarse
from keepsafe.files.disclosure.models import WHY, Protection
from keepsafe.files.disclosure.protection import Protected, protect
from keepsafe.files.disclosure.secret import keyed, secret
from keepsafe.files.disclosure.shield import log, shielded, withheld_notes

__all__ = [
    "WHY", "Limits", "Protected", "Protection", "Withheld", "active", "coarse", "keyed", "log", "protect", "secret",
    "shielded", "withheld_notes",
]  # fmt: skip
