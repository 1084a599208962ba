"""The audit: can the printed figures all be true, and which tests give which markers?"""

from keepsafe.audit.checking import audit
from keepsafe.audit.claims import crude_odds_ratios, seraf_by_cse
from keepsafe.audit.kept import kept_figures
from keepsafe.audit.marker_tables import marker_conventions, unexplained_markers
from keepsafe.audit.power import power
from keepsafe.audit.recipients import recipients
from keepsafe.audit.verdicts import check_families

__all__ = [
    "audit",
    "check_families",
    "crude_odds_ratios",
    "kept_figures",
    "marker_conventions",
    "power",
    "recipients",
    "seraf_by_cse",
    "unexplained_markers",
]
