"""From notebooks to a report: run, rendered, exported, verified."""
