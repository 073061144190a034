"""Values of a record by their type: what is not as it should be counts as not being there."""


def text_of(value: object) -> str | None:
    """Return a text that says something; None for an empty one, and for anything else."""
    return value if isinstance(value, str) and value else None
