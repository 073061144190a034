"""Tags that change: they matter where a policy tests the tags of its key or of its callers."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.interface import PlannedKey, as_list, as_object

_FIELDS = ("tags_all", "tagsAll", "tags", "Tags")
_OF_KEY, _OF_CALLER = "aws:resourcetag/", "aws:principaltag/"
_STAYS = frozenset({"unchanged", "changed", "deployed"})
Tags = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]
"""The tags of something before and after; None where it is not told."""


def tags_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tags that a key, a role or a user has by its values, as an object or a list of pairs."""
    found: dict[str, Any] = {}
    for tags in map(values.get, _FIELDS):
        pairs = map(as_object, as_list(tags))
        found |= {str(one.get("Key", one.get("key"))): one.get("Value", one.get("value")) for one in pairs}
        found |= as_object(tags)
    return found


def with_tags_that_matter(keys: Sequence[PlannedKey]) -> Iterator[PlannedKey]:
    """Yield keys, those whose policy tests a tag that changes as such; a caller's tags that no policy tests go."""
    for key in keys:
        changed = _changed(key.tags)
        if key.reason is Reason.CALLER_TAGS_CHANGE:
            testing = [one for one in keys if _tests(one, _OF_CALLER, changed)]
            arns = {one.arn for one in testing} - {None}
            known = frozenset(arn for arn in arns if arn) if len(arns) == len(testing) else frozenset()
            if testing:
                yield structs.replace(key, targets=known)
        elif key.reason is None and key.change in _STAYS and _tests(key, _OF_KEY, changed):
            yield structs.replace(key, reason=Reason.KEY_TAGS_CHANGE)
        else:
            yield key


def _changed(tags: Tags) -> set[str]:
    before, after = tags
    if before is None or after is None:
        return set()
    return {name for name in {**before, **after} if before.get(name) != after.get(name)}


def _tests(key: PlannedKey, prefix: str, names: Iterable[str]) -> bool:
    text = json.dumps([key.before, key.after], default=str).lower() if names else ""
    return any(f"{prefix}{name.lower()}" in text for name in names)
