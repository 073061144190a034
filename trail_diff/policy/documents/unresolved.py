"""Values of a policy that a document does not tell; each keeps the expression that makes it.

A plan or template names such values by an expression (`aws_iam_role.backup.arn`, `Ref Key`). They are never replaced by
a guess: the evaluator takes the text around them for a pattern that can rule a match out, and never confirm one.
"""

import re

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKED = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


def unresolved(expression: str) -> str:
    """Return what stands for the value of an expression, to be used alone or inside of other text."""
    return f"{_OPEN}{expression.replace(_OPEN, '').replace(_CLOSE, '')}{_CLOSE}"


def is_unresolved(text: str) -> bool:
    """Check whether a text holds a value that is not known."""
    return _OPEN in text


def expressions_in(text: str) -> tuple[str, ...]:
    """Return the expressions of the unknown values in a text, in order."""
    return tuple(_MARKED.findall(text))


def split_unresolved(text: str) -> tuple[str, ...]:
    """Return the known parts of a text, in order; between each two of them an unknown value stands."""
    return tuple(_MARKED.split(text)[::2])


def show_unresolved(text: str) -> str:
    """Return a text for people, each unknown value as its expression in angle brackets."""
    return _MARKED.sub(r"<\1>", text)
