"""CloudTrail's event history as a source of records."""
