"""Group comparisons: tests, effect sizes and the printed table."""

from keepsafe.compare.association import equal_means, independence, marker
from keepsafe.compare.comparison import compare_groups
from keepsafe.compare.layout import beside_printed, group_table
from keepsafe.compare.responses import impact_shares, responses

__all__ = [
    "beside_printed", "compare_groups", "equal_means", "group_table", "impact_shares", "independence", "marker",
    "responses",
]  # fmt: skip
