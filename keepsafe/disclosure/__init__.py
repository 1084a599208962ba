"""Disclosure control: what is kept from a report so that it tells nothing about few persons."""

from keepsafe.disclosure.limits import Limits, Withheld, active
from keepsafe.disclosure.protection import Protected, protect
from keepsafe.disclosure.shield import log, shielded, withheld_notes

__all__ = ["Limits", "Protected", "Withheld", "active", "log", "protect", "shielded", "withheld_notes"]
