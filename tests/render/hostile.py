"""The canonical report with one text in every field that somebody else could have written."""

from typing import Any

import msgspec
from render.canonical import CANONICAL

from trail_diff.model.report import Report

_FREE = frozenset(
    [
        "account",
        "action",
        "actual",
        "arn",
        "backup_type",
        "caller_type",
        "command",
        "error_code",
        "error_message",
        "event_id",
        "event_name",
        "expected",
        "file",
        "id",
        "invoked_by",
        "key",
        "keys",
        "message",
        "name",
        "option",
        "parent",
        "path",
        "previous_id",
        "recovery_point",
        "resource",
        "resource_type",
        "role",
        "role_arn",
        "sid",
        "source",
        "source_ip_address",
        "source_vault",
        "sources",
        "state",
        "summary",
        "type",
        "unknown_keys",
        "vault",
        "vpc_endpoint_id",
        "aws_region",
        "recipient_account_id",
        "regions",
        "accounts",
        "operator",
        "fixed",
        "broken",
        "still_denied",
        "undetermined",
        "unless",
        "lender",
        "profile",
    ]
)
_DOCUMENTS = frozenset({"document", "policy", "previous", "patch", "encryption_context", "error_codes"})


def make_hostile(text: str) -> Report:
    """Put the text into every free field, and into every name and value of every policy."""
    return msgspec.convert(_spoil(msgspec.to_builtins(CANONICAL), text), Report)


def _spoil(value: Any, text: str) -> Any:
    match value:
        case dict():
            return {name: _spoil_field(name, inner, text) for name, inner in value.items()}
        case list() | tuple():
            return [_spoil(inner, text) for inner in value]
        case _:
            return value


def _spoil_field(name: str, value: Any, text: str) -> Any:
    if name in _DOCUMENTS:
        return _fill(value, text)
    if name in ("key_places", "request_differences"):
        return _spoil_texts(name, value, text)
    if name == "state" and value in ("present", "absent", "unknown"):
        return value
    if name in _FREE and isinstance(value, str):
        return text
    if name in _FREE and isinstance(value, list):
        return [text for _ in value]
    return _spoil(value, text)


def _spoil_texts(name: str, value: Any, text: str) -> Any:
    """Put the text where the names of fields do not tell that there are texts."""
    if name == "key_places":
        return {text: text}
    return [{**_spoil(one, text), "failed": [text], "succeeded": [text, text]} for one in value]


def _fill(value: Any, text: str) -> Any:
    """Put the text everywhere, but keep the names by which a policy is recognised."""
    match value:
        case dict():
            kept = ("Statement", "Effect", "Condition")
            return {name if name in kept else f"{name}{text}": _fill(inner, text) for name, inner in value.items()}
        case list() | tuple():
            return [_fill(inner, text) for inner in value]
        case str():
            return text
        case _:
            return value
