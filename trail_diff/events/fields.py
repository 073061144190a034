"""Values of a record by their type: what is not as it should be counts as not being there."""

_ACCOUNT_DIGITS = 12


def account_of(value: object) -> str | None:
    """Return an account number as text; one that became a number on its way has its leading zeros back."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**_ACCOUNT_DIGITS
    return f"{value:0{_ACCOUNT_DIGITS}}" if is_number else text_of(value)


def is_account(text: str | None) -> bool:
    """Check whether a text is an account number, of twelve digits."""
    return text is not None and len(text) == _ACCOUNT_DIGITS and text.isascii() and text.isdecimal()


def text_of(value: object) -> str | None:
    """Return a text that says something; None for an empty one, and for anything else."""
    return value if isinstance(value, str) and value else None
