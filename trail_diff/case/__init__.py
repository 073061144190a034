"""From what was gathered to a case."""
