"""Tables with words, named values and a caption."""

from keepsafe.tables.display import Table, table
from keepsafe.tables.groups import groups_table
from keepsafe.tables.published import published_table
from keepsafe.tables.statements import beside_text, statements_table

__all__ = ["Table", "beside_text", "groups_table", "published_table", "statements_table", "table"]
