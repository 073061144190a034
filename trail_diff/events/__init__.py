"""From records to events and jobs."""
