"""Everything that was published beside what comes out, and what agreement between them means."""

from keepsafe.scorecard.card import funnel, scorecard
from keepsafe.scorecard.claims import claim_value

__all__ = ["claim_value", "funnel", "scorecard"]
