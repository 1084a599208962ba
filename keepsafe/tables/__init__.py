"""Data frames as tables that everybody can read."""

from keepsafe.tables.display import SYNTHETIC, Table, check_name, table

__all__ = ["SYNTHETIC", "Table", "check_name", "table"]
