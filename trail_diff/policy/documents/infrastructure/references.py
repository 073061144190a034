"""Finds which keys a resource names, and by which names the resource is called.

There is no list of resources: what names a key is told by its own name (`kms_key_id`, `KMSMasterKeyID`, `keyArn`, an
`encryption_key` with an `id`) and by its value, an ARN, an id or an alias. So resources that nobody thought of count.
It can fail for an argument that is called otherwise, or for a value that is no key's where the name says it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trail_diff.arns import is_alias, is_key_id
from trail_diff.policy.documents.infrastructure.interface import as_object
from trail_diff.policy.documents.unresolved import is_unresolved

_NAMES_A_KEY = re.compile(r"(?:kms|encryption|target|managed|master)\w*key|\bkey(?:id|arn)\b")
_MAY_HOLD_ONE = re.compile(rf"{_NAMES_A_KEY.pattern}|encrypt|sse")
_KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]*:\w*:(?:key|alias)/")
_IS_NO_USE = re.compile(r"^aws(?:cc|-native)?(?:_kms_|::KMS::|:kms[:/])(?!alias)|api_?gateway", re.IGNORECASE)
_NAMES = ("arn", "id", "bucket")
_ENDS_OF_NAMES = ("name", "identifier")
_DEPTH_LIMIT = 20


def is_encrypted(resource_type: str) -> bool:
    """Check whether a resource is one that a key is for: no key, policy or grant of one, no key of an API."""
    return _IS_NO_USE.search(resource_type) is None


def plain(name: str) -> str:
    """Return the name of an argument, a property or a type as all tools have it, but for case and underscores."""
    return name.replace("_", "").lower()


def may_hold_key(name: str) -> bool:
    """Check whether an argument or a property may name a key, itself or in what it holds."""
    return _MAY_HOLD_ONE.search(plain(name)) is not None


def keys_in(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys that a resource's values name, by the path to each; further ones of a path have their number."""
    found: dict[str, list[str]] = {}
    for path, value in _walk(values, "", is_named=False, depth=0):
        if isinstance(value, str) and (_KEY_ARN.match(value) or _is_short(value)):
            found.setdefault(path, []).append(value)
    return {
        f"{path}#{place}" if place else path: value
        for path, named in found.items()
        for place, value in enumerate(sorted(named))
    }


def open_keys(unknown: Mapping[str, Any]) -> list[str]:
    """Return the paths to keys that a plan marks as known after apply only."""
    return list(dict.fromkeys(path for path, value in _walk(unknown, "", is_named=False, depth=0) if value is True))


def names_of(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names by which people and calls know a resource."""
    for field, value in values.items():
        if isinstance(value, str) and value and (field in _NAMES or field.lower().endswith(_ENDS_OF_NAMES)):
            yield value


def is_marked(value: object, path: list[str]) -> bool:
    """Check whether a plan marks the value at a path, or what it is in, as known after apply only."""
    if isinstance(value, list):
        return any(is_marked(one, path) for one in value)
    return value is True or (bool(path) and is_marked(as_object(value).get(path[0]), path[1:]))


def path_of(place: str) -> list[str]:
    """Return the names on the way to a key."""
    return place.partition("#")[0].split(".")


def tops_of(places: Iterable[str]) -> tuple[str, ...]:
    """Return the arguments that hold keys."""
    return tuple(dict.fromkeys(path_of(place)[0] for place in places))


def _walk(value: object, path: str, *, is_named: bool, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield what is below a name that says it is a key's, through the lists that tools make of nested blocks."""
    if depth > _DEPTH_LIMIT:
        return
    if isinstance(value, list):
        for one in value:
            yield from _walk(one, path, is_named=is_named, depth=depth + 1)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            is_key = is_named or _NAMES_A_KEY.search(plain(str(name))) is not None
            yield from _walk(one, f"{path}.{name}" if path else str(name), is_named=is_key, depth=depth + 1)
    elif is_named:
        yield path, value


def _is_short(value: str) -> bool:
    return is_key_id(value) or is_alias(value) or is_unresolved(value)
