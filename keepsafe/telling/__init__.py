"""Telling: numbers with a name, the sentences, tables and figures that they stand in, and the scorecard."""
