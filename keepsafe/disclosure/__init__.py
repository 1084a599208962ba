"""Disclosure control: what is kept from a report so that it tells nothing about few persons."""

from keepsafe.disclosure.limits import Limits, Withheld, active, coarse
from keepsafe.disclosure.protection import Protected, protect
from keepsafe.disclosure.shield import log, shielded, withheld_notes

__all__ = ["Limits", "Protected", "Withheld", "active", "coarse", "log", "protect", "shielded", "withheld_notes"]
