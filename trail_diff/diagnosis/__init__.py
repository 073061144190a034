"""From a case to a report."""
