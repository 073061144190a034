"""A bucket as a source of records."""
