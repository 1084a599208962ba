"""Disclosure control: what is kept from a report so that it tells nothing about few persons."""

from keepsafe.disclosure.limits import Limits, Withheld, active, coarse
from keepsafe.disclosure.models import WHY, Protection
from keepsafe.disclosure.protection import Protected, protect
from keepsafe.disclosure.secret import keyed, secret
from keepsafe.disclosure.shield import log, shielded, withheld_notes

__all__ = [
    "WHY", "Limits", "Protected", "Protection", "Withheld", "active", "coarse", "keyed", "log", "protect", "secret",
    "shielded", "withheld_notes",
]  # fmt: skip
