"""Disclosure control: what is kept from a report so that it tells nothing about few persons."""

from keepsafe.disclosure.limits import Limits, active
from keepsafe.disclosure.protection import Protected, protect
from keepsafe.disclosure.shield import LOG, log, shielded

__all__ = ["LOG", "Limits", "Protected", "active", "log", "protect", "shielded"]
