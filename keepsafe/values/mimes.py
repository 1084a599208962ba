"""The names under which values, tables and figures travel inside a notebook's outputs."""

VALUES = "application/vnd.keepsafe.values+json"
TABLE = "application/vnd.keepsafe.table+json"
FIGURE = "application/vnd.keepsafe.figure+json"
