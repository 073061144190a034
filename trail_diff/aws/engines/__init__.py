"""AWS's query engines as sources of records."""
