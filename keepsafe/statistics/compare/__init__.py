"""Group comparisons: tests, effect sizes and the printed table."""

from keepsafe.statistics.compare.association import equal_means, independence, marker
from keepsafe.statistics.compare.comparison import compare_groups
from keepsafe.statistics.compare.layout import beside_printed, group_table
from keepsafe.statistics.compare.responses import impact_shares, responses

__all__ = [
    "beside_printed", "compare_groups", "equal_means", "group_table", "impact_shares", "independence", "marker",
    "responses",
]  # fmt: skip
