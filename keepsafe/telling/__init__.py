"""Telling: numbers with a name, the sentences, tables and figures that they stand in, and the scorecard.

The names below are those under which values, tables, figures and what is left out travel inside a notebook's outputs.
"""

VALUES = "application/vnd.keepsafe.values+json"
TABLE = "application/vnd.keepsafe.table+json"
FIGURE = "application/vnd.keepsafe.figure+json"
EXPLORED = "application/vnd.keepsafe.explored+json"
LEFT_OUT = "application/vnd.keepsafe.left-out+json"
