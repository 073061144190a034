"""Export forms that are not CloudTrail's own JSON."""
